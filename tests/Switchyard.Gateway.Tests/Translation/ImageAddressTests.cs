using System.Net;
using System.Text.Json;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Translation;

/// <summary>An image that a client references by URL reaches a provider that accepts only bytes.</summary>
public sealed class ImageAddressTests
{
    private static readonly byte[] s_png = [0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10];

    [Covers("M6")]
    [Fact]
    public async Task An_image_address_is_downloaded_for_a_provider_that_takes_none()
    {
        await using var files = await FakeUpstream.StartAsync();
        await using var upstream = await FakeUpstream.StartAsync();
        files.ThenBytes(s_png, "image/png");
        upstream.ThenJson("""{"model":"m","message":{"role":"assistant","content":"A cat."},"done":true,"done_reason":"stop"}""");
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Providers["up"].Dialect = "ollama";
            options.Media.Allow.Add("127.0.0.1");
        });

        var response = await gateway.ChatAsync(Request(files.BaseUrl + "/cat.png"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var sent = JsonDocument.Parse(upstream.LastRequest.Body).RootElement.GetProperty("messages")[0];
        Assert.Equal(s_png, sent.GetProperty("images")[0].GetBytesFromBase64());
    }

    [Fact]
    public async Task An_image_address_inside_the_result_of_a_tool_is_downloaded_too()
    {
        await using var files = await FakeUpstream.StartAsync();
        await using var upstream = await FakeUpstream.StartAsync();
        files.ThenBytes(s_png, "image/png");
        upstream.ThenJson("""{"model":"m","message":{"role":"assistant","content":"A cat."},"done":true,"done_reason":"stop"}""");
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Providers["up"].Dialect = "ollama";
            options.Media.Allow.Add("127.0.0.1");
        });

        var response = await gateway.PostAsync(
            "/v1/messages",
            $$$"""{"model":"up/m","max_tokens":9,"messages":[{"role":"user","content":"Look"},{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"look","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":[{"type":"text","text":"Here"},{"type":"image","source":{"type":"url","url":"{{{files.BaseUrl}}}/cat.png"}}]}]}]}""");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var result = JsonDocument.Parse(upstream.LastRequest.Body).RootElement.GetProperty("messages").EnumerateArray()
            .Single(message => message.GetProperty("role").GetString() == "tool");
        Assert.Equal("Here", result.GetProperty("content").GetString());
        Assert.Equal(s_png, result.GetProperty("images")[0].GetBytesFromBase64());
    }

    [Covers("M6")]
    [Fact]
    public async Task What_only_the_gateway_can_reach_is_not_downloaded_for_a_client()
    {
        await using var files = await FakeUpstream.StartAsync();
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Providers["up"].Dialect = "ollama");

        var response = await gateway.ChatAsync(Request(files.BaseUrl + "/cat.png"));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("invalid_image_url", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(files.Requests);
        Assert.Empty(upstream.Requests);
    }

    private static string Request(string image) =>
        $$$"""{"model":"up/m","messages":[{"role":"user","content":[{"type":"text","text":"What is it?"},{"type":"image_url","image_url":{"url":"{{{image}}}"}}]}]}""";
}
