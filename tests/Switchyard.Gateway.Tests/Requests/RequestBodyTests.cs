using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Switchyard.TestKit;
using Xunit;
using ZstdSharp;

namespace Switchyard.Gateway.Tests.Requests;

/// <summary>Bodies that are not plain JSON of a known length.</summary>
public sealed class RequestBodyTests
{
    public static TheoryData<string> Encodings => ["gzip", "x-gzip", "br", "deflate", "zstd"];

    [Theory]
    [MemberData(nameof(Encodings))]
    [Covers("W7")]
    public async Task A_compressed_body_is_decoded(string encoding)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        var json = Some.ChatRequest(text: new string('x', 100_000));

        var response = await gateway.PostAsync("/v1/chat/completions", Compress(encoding, json), ("Content-Encoding", encoding));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(json.Replace("up/some-model", "some-model", StringComparison.Ordinal), upstream.LastRequest.Text);
        Assert.DoesNotContain("Content-Encoding", upstream.LastRequest.Headers.Keys);
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    [Covers("W7")]
    public async Task A_compressed_body_is_bounded_after_decoding(string encoding)
    {
        await using var gateway = await GatewayHost.StartAsync(options => options.Server.MaxBodyBytes = 4096);

        var response = await gateway.PostAsync(
            "/v1/chat/completions", Compress(encoding, Some.ChatRequest(text: new string('x', 100_000))), ("Content-Encoding", encoding));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    [Covers("W7")]
    public async Task A_compressed_body_that_is_corrupt_or_cut_is_a_400(string encoding)
    {
        await using var gateway = await GatewayHost.StartAsync();
        var whole = Compress(encoding, Some.ChatRequest("mock-model-v1", Noise(20_000)));
        var corrupt = whole.ToArray();
        corrupt.AsSpan(corrupt.Length / 2, 200).Fill(0xA5);

        foreach (var body in new[] { corrupt, whole[..(whole.Length / 2)], "plain"u8.ToArray() })
        {
            var response = await gateway.PostAsync("/v1/messages", body, ("Content-Encoding", encoding));

            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            Assert.Contains("\"type\":\"error\"", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Encodings))]
    [Covers("W7")]
    public async Task A_compressed_form_is_decoded(string encoding)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        var form = new MultipartForm().Field("model", "up/some-model").File("file", new byte[200_000]).ToBytes();
        using var content = new ByteArrayContent(Compress(encoding, form));
        content.Headers.TryAddWithoutValidation("Content-Type", MultipartForm.ContentType);
        content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);

        var response = await gateway.Http.PostAsync("/v1/audio/transcriptions", content);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(
            new MultipartForm().Field("model", "some-model").File("file", new byte[200_000]).ToBytes(), upstream.LastRequest.Body);
    }

    [Fact]
    [Covers("W7")]
    public async Task A_zstd_body_that_is_cut_off_is_said_to_be_one()
    {
        await using var gateway = await GatewayHost.StartAsync();

        var response = await gateway.PostAsync(
            "/v1/chat/completions", Compress("zstd", Some.ChatRequest())[..^9], ("Content-Encoding", "zstd"));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("not valid zstd", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    [Covers("W7")]
    public async Task An_unknown_encoding_is_a_415_that_names_the_known_ones()
    {
        await using var gateway = await GatewayHost.StartAsync();

        var response = await gateway.PostAsync("/v1/chat/completions", "x"u8.ToArray(), ("Content-Encoding", "gzip, br"));

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        Assert.Contains("zstd", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("gzip")]
    [Covers("W13")]
    public async Task A_byte_order_mark_before_the_body_is_no_part_of_it(string encoding)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        byte[] body = [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Some.ChatRequest())];

        var response = encoding.Length == 0
            ? await gateway.PostAsync("/v1/chat/completions", body)
            : await gateway.PostAsync("/v1/chat/completions", Compress(encoding, body), ("Content-Encoding", encoding));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.StartsWith("{", upstream.LastRequest.Text, StringComparison.Ordinal);
    }

    [Fact]
    [Covers("W5")]
    public async Task A_limit_of_the_hosts_server_is_a_413_too()
    {
        await using var gateway = await GatewayHost.StartAsync();
        KestrelOf(gateway).Limits.MaxRequestBodySize = 1000;

        var response = await gateway.ChatAsync(Some.ChatRequest("mock-model-v1", new string('x', 5000)));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Contains("MaxRequestBodySize", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    [Covers("W5")]
    public async Task A_body_that_stalls_is_a_408()
    {
        await using var gateway = await GatewayHost.StartAsync();
        KestrelOf(gateway).Limits.MinRequestBodyDataRate = new MinDataRate(100_000, TimeSpan.FromSeconds(1.1));
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, gateway.Address.Port);
        var stream = client.GetStream();
        var head = "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
            + "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(head));

        using var reader = new StreamReader(stream);
        var answer = await reader.ReadToEndAsync();

        Assert.StartsWith("HTTP/1.1 408", answer, StringComparison.Ordinal);
        Assert.Contains("request_timeout", answer, StringComparison.Ordinal);
    }

    [Fact]
    [Covers("H14")]
    public async Task Clients_that_leave_amid_their_bodies_are_no_failures_of_ours()
    {
        var gateway = await GatewayHost.StartAsync();
        var log = gateway.Log;
        var head = Encoding.ASCII.GetBytes(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{");
        for (var i = 0; i < 100; i++)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, gateway.Address.Port);
            await client.GetStream().WriteAsync(head);
            // Alternately with a reset and with a normal close.
            client.LingerState = new LingerOption(i % 2 == 0, 0);
        }

        // Stopping waits for the requests.
        await gateway.DisposeAsync();

        // Where the machine is busy, the web server warns about its own heartbeat.
        Assert.DoesNotContain(
            log.Lines,
            line => line.Level >= Microsoft.Extensions.Logging.LogLevel.Warning
                && !line.Text.Contains("the heartbeat has been running", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("PUT", "/admin/limits/mock")]
    [InlineData("PATCH", "/admin/config")]
    [InlineData("POST", "/admin/cache/invalidate")]
    [Covers("H14")]
    public async Task Nor_are_operators_who_leave_amid_the_bodies_of_their_changes(string method, string path)
    {
        const string Key = "an-admin-key-of-some-length";
        var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Providers["mock"] = new();
            options.Admin.Key = Key;
        });
        var log = gateway.Log;
        var head = $"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {Key}\r\n"
            + "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
        for (var i = 0; i < 20; i++)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, gateway.Address.Port);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head));
            // Some while the gateway waits for the body, some before.
            if (i % 4 < 2)
                await Task.Delay(20);
            client.LingerState = new LingerOption(i % 2 == 0, 0);
        }

        await gateway.DisposeAsync();

        Assert.DoesNotContain(log.Lines, line => line.Level >= Microsoft.Extensions.Logging.LogLevel.Error);
    }

    [Theory]
    [InlineData("multipart/form-data; boundary=----form.7MA4YWxkTrZu0gW; boundary=other")]
    [InlineData("multipart/form-data; boundary=other; boundary=----form.7MA4YWxkTrZu0gW")]
    [InlineData("multipart/form-data; boundary*=utf-8''other; boundary=----form.7MA4YWxkTrZu0gW")]
    [Covers("H12")]
    public async Task A_form_with_two_boundaries_is_refused(string type)
    {
        await AssertRefusedFormAsync(new MultipartForm().Field("model", "up/some-model").File("file", [1]).ToBytes(), type);
    }

    [Theory]
    [InlineData("form-data; name=\"other\"; name*=utf-8''model")]
    [InlineData("form-data; name*=utf-8''model")]
    [InlineData("form-data; name*0=mo; name*1=del")]
    [InlineData("form-data; name=\"mo\\del\"")]
    [Covers("H12")]
    public async Task A_part_whose_name_can_be_read_in_two_ways_is_refused(string disposition)
    {
        var form = new MultipartForm().Field("model", "up/some-model").Part($"Content-Disposition: {disposition}", "up/other"u8.ToArray());

        await AssertRefusedFormAsync(form.File("file", [1]).ToBytes(), MultipartForm.ContentType);
    }

    private static async Task AssertRefusedFormAsync(byte[] form, string type)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        using var content = new ByteArrayContent(form);
        content.Headers.TryAddWithoutValidation("Content-Type", type);

        var response = await gateway.Http.PostAsync("/v1/audio/transcriptions", content);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("invalid_multipart", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(upstream.Requests);
    }

    private static KestrelServerOptions KestrelOf(GatewayHost gateway) =>
        gateway.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value;

    private static byte[] Compress(string encoding, string text) => Compress(encoding, Encoding.UTF8.GetBytes(text));

    private static byte[] Compress(string encoding, byte[] bytes)
    {
        using var output = new MemoryStream();
        using (Stream packed = encoding switch
        {
            "br" => new BrotliStream(output, CompressionLevel.Fastest, leaveOpen: true),
            "deflate" => new ZLibStream(output, CompressionLevel.Fastest, leaveOpen: true),
            "zstd" => new CompressionStream(output, leaveOpen: true),
            _ => new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true),
        })
            packed.Write(bytes);
        return output.ToArray();
    }

    /// <summary>Text that compresses poorly, the same each time.</summary>
    private static string Noise(int length)
    {
        var text = new StringBuilder();
        for (uint i = 1; text.Length < length; i = (i * 1664525) + 1013904223)
            text.Append((i >> 8).ToString("x", System.Globalization.CultureInfo.InvariantCulture));
        return text.ToString();
    }
}
