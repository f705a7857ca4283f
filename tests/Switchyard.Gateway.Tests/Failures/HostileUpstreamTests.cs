using System.IO.Compression;
using System.Net;
using System.Text;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Failures;

/// <summary>
/// Providers with hostile answers: each gives a clear error in the client's format, or the next target's answer if one is configured.
/// </summary>
public sealed class HostileUpstreamTests
{
    public static TheoryData<string> Answers() => [.. s_answers.Keys];

    private static readonly Dictionary<string, byte[]> s_answers = new()
    {
        ["status 204"] = "HTTP/1.1 204 No Content\r\nContent-Type: application/json\r\n\r\n"u8.ToArray(),
        ["status 205"] = RawUpstream.Answer(Some.ChatCompletion(), status: 205),
        ["status 206"] = RawUpstream.Answer(Some.ChatCompletion(), status: 206),
        ["a corrupt br body"] = Encoded("br", [0x21, 0xFF, 0xFF, 0xFF, 0x00, 0x13]),
        ["a corrupt gzip body"] = Encoded("gzip", "no gzip at all"u8.ToArray()),
        ["a corrupt deflate body"] = Encoded("deflate", "no deflate at all"u8.ToArray()),
        ["an unknown encoding"] = Encoded("zstd", "?"u8.ToArray()),
        ["thousands of encodings"] = Encoded(string.Join(',', Enumerable.Repeat("br", 20_000)), "?"u8.ToArray()),
    };

    [Covers("H1", "H7")]
    [Theory]
    [MemberData(nameof(Answers))]
    public async Task A_broken_answer_is_a_502_in_the_clients_format_with_its_id(string answer)
    {
        await using var upstream = new RawUpstream((_, _) => s_answers[answer]);
        await using var gateway = await StartAsync(upstream);

        foreach (var (path, error) in new[] { ("/v1/chat/completions", "{\"error\":{"), ("/v1/messages", "{\"type\":\"error\"") })
        {
            var response = await gateway.PostAsync(path, Request("up/some-model"));

            Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
            Assert.StartsWith(error, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.Equal(32, response.Headers.GetValues("x-request-id").Single().Length);
        }
    }

    [Covers("H1", "H7")]
    [Theory]
    [MemberData(nameof(Answers))]
    public async Task A_broken_answer_leads_to_the_next_target(string answer)
    {
        await using var upstream = new RawUpstream((_, _) => s_answers[answer]);
        await using var good = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, good);

        var response = await gateway.ChatAsync(Request("both"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("good", response.Headers.GetValues("x-switchyard-provider").Single());
    }

    [Covers("H7")]
    [Theory]
    [InlineData("Content-Type: application/json; charset=\u00e9\u00e8")]
    [InlineData("Content-Type: application/json\u0080")]
    public async Task A_content_type_that_is_no_ascii_does_not_spoil_the_answer(string header)
    {
        await using var upstream = new RawUpstream((_, _) => RawUpstream.Answer(Encoding.UTF8.GetBytes(Some.ChatCompletion()), header));
        await using var gateway = await StartAsync(upstream);

        var response = await gateway.ChatAsync(Request("up/some-model"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Some.ChatCompletion(), await response.Content.ReadAsStringAsync());
    }

    [Covers("H1")]
    [Fact]
    public async Task An_answer_compressed_once_or_twice_is_read()
    {
        using var once = new MemoryStream();
        await using (var gzip = new GZipStream(once, CompressionLevel.Fastest, leaveOpen: true))
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(Some.ChatCompletion()));
        using var twice = new MemoryStream();
        await using (var brotli = new BrotliStream(twice, CompressionLevel.Fastest, leaveOpen: true))
            await brotli.WriteAsync(once.ToArray());
        await using var upstream = new RawUpstream((_, number) => number == 0
            ? Encoded("GZip", once.ToArray())
            : Encoded("x-gzip , identity,br", twice.ToArray()));
        await using var gateway = await StartAsync(upstream);

        for (var i = 0; i < 2; i++)
        {
            var response = await gateway.ChatAsync(Request("up/some-model"));
            Assert.Equal(Some.ChatCompletion(), await response.Content.ReadAsStringAsync());
        }
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("UTF-8")]
    [InlineData("none")]
    public async Task A_content_encoding_that_is_none_is_passed_over(string encoding)
    {
        await using var upstream = new RawUpstream((_, _) => Encoded(encoding, Encoding.UTF8.GetBytes(Some.ChatCompletion())));
        await using var gateway = await StartAsync(upstream);

        var response = await gateway.ChatAsync(Request("up/some-model"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Some.ChatCompletion(), await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task No_encoding_is_offered_to_a_provider_and_one_that_cannot_be_read_is_named()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenJson(Some.ChatCompletion(), 200, ("Content-Encoding", "zstd"));

        using var response = await gateway.PostAsync("/v1/chat/completions", Some.ChatRequest(), ("Accept-Encoding", "zstd, gzip"));

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Contains("zstd", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("Switch its compression off", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("Accept-Encoding", upstream.LastRequest.Headers.Keys, StringComparer.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData(400, 400)]
    [InlineData(401, 500)]
    [InlineData(413, 413)]
    [InlineData(429, 429)]
    public async Task An_error_whose_words_cannot_be_read_is_what_its_status_says(int status, int seen)
    {
        const string Headers = "Content-Type: application/json\r\nRetry-After: 17";
        byte[][] answers =
        [
            RawUpstream.Answer("no gzip at all"u8.ToArray(), Headers + "\r\nContent-Encoding: gzip", status),
            RawUpstream.Answer("no brotli at all"u8.ToArray(), Headers + "\r\nContent-Encoding: br", status),
            RawUpstream.Answer("zstd perhaps"u8.ToArray(), Headers + "\r\nContent-Encoding: zstd", status),
            Encoding.ASCII.GetBytes($"HTTP/1.1 {status} Said\r\n{Headers}\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n"),
        ];
        foreach (var answer in answers)
        {
            await using var upstream = new RawUpstream((_, _) => answer);
            await using var gateway = await StartAsync(upstream);

            var response = await gateway.ChatAsync(Request("up/some-model"));

            Assert.Equal(seen, (int)response.StatusCode);
            if (status == 429)
                Assert.Equal(TimeSpan.FromSeconds(17), response.Headers.RetryAfter!.Delta);
        }
    }

    private static string Request(string model) =>
        $$"""{"model":"{{model}}","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}""";

    private static byte[] Encoded(string encoding, byte[] body) =>
        RawUpstream.Answer(body, "Content-Type: application/json\r\nContent-Encoding: " + encoding);

    private static Task<GatewayHost> StartAsync(RawUpstream upstream, FakeUpstream? good = null) => GatewayHost.StartAsync(options =>
    {
        options.Providers["up"] = new ProviderOptions { BaseUrl = upstream.BaseUrl, Models = ["some-model"] };
        if (good is null)
            return;
        options.Providers["good"] = new ProviderOptions { BaseUrl = good.BaseUrl, Models = ["good-model"] };
        options.Models["both"] = new()
        {
            Targets = [new TargetOptions { Model = "up/some-model" }],
            Fallback = [new TargetOptions { Model = "good/good-model" }],
        };
    });
}
