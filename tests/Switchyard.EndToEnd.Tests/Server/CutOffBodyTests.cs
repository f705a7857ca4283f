using System.IO.Compression;
using System.Net;
using System.Text;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary>Compressed bodies that are cut off: the decoders of .NET take them for complete unless the program sets a switch.</summary>
public sealed class CutOffBodyTests
{
    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task A_compressed_answer_or_request_that_is_cut_off_is_no_complete_one(string encoding)
    {
        var cancellation = TestContext.Current.CancellationToken;
        var audio = new byte[300_000];
        new Random(1).NextBytes(audio);
        await using var upstream = new RawUpstream((_, _) => RawUpstream.Answer(
            Compress(audio, encoding)[..^1000], $"Content-Type: audio/mpeg\r\nContent-Encoding: {encoding}"));
        var yaml = $$"""
            providers:
              up: { type: openai, base_url: "{{upstream.BaseUrl}}", key: k }
            retry: { attempts: 1 }
            """;
        await using var program = await Executable.StartAsync(yaml);
        await program.ServingAsync();

        await Assert.ThrowsAnyAsync<HttpRequestException>(async () =>
        {
            using var speech = await program.Http.PostAsync(
                "/v1/audio/speech",
                new StringContent("""{"model":"up/tts-1","input":"hi","voice":"alloy"}""", Encoding.UTF8, "application/json"),
                cancellation);
        });

        // The JSON is complete, and only the end of the encoding is missing.
        var request = Compress(Encoding.UTF8.GetBytes(Some.ChatRequest("up/gpt-4o")), encoding)[..^1];
        using var body = new ByteArrayContent(request);
        body.Headers.ContentType = new("application/json");
        body.Headers.ContentEncoding.Add(encoding);
        using var refused = await program.Http.PostAsync("/v1/chat/completions", body, cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains($"not valid {encoding}", await refused.Content.ReadAsStringAsync(cancellation), StringComparison.Ordinal);
    }

    private static byte[] Compress(byte[] bytes, string encoding)
    {
        using var compressed = new MemoryStream();
        using (Stream encoder = encoding switch
        {
            "gzip" => new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true),
            "br" => new BrotliStream(compressed, CompressionLevel.Fastest, leaveOpen: true),
            _ => new ZLibStream(compressed, CompressionLevel.Fastest, leaveOpen: true),
        })
        {
            encoder.Write(bytes);
        }

        return compressed.ToArray();
    }
}
