using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests;

/// <summary><c>/admin/limits</c>: limits read, set, reset and removed.</summary>
public sealed class LimitsAdminTests
{
    private const string Key = "an-admin-key-of-some-length";

    [Fact]
    [Covers("S003-56", "S003-61", "S003-62", "S003-63")]
    public async Task Limits_are_set_read_reset_and_taken_away_while_calls_run()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Admin.Key = Key);

        var set = await SendAsync(gateway, HttpMethod.Put, "/admin/limits/up", """{"max_requests":1,"window_ms":60000}""");
        Assert.Equal((1, 60_000), (set.GetProperty("max_requests").GetInt32(), set.GetProperty("window_ms").GetInt32()));
        await SendAsync(gateway, HttpMethod.Put, "/admin/limits/up%2Fsome-model", """{"rpm":100,"tpm":100000}""");
        Assert.Equal(HttpStatusCode.OK, (await gateway.ChatAsync(Some.ChatRequest())).StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await gateway.ChatAsync(Some.ChatRequest())).StatusCode);

        var one = await SendAsync(gateway, HttpMethod.Get, "/admin/limits/up");
        Assert.Equal((1, true), (one.GetProperty("request_count").GetInt32(), one.GetProperty("blocked").GetBoolean()));
        Assert.InRange(one.GetProperty("retry_after").GetInt32(), 1, 60);
        var all = await SendAsync(gateway, HttpMethod.Get, "/admin/limits");
        Assert.Equal(
            ["up", "up/some-model"], all.GetProperty("data").EnumerateArray().Select(limit => limit.GetProperty("name").GetString()));
        Assert.Equal((1, false), (all.GetProperty("nodes").GetInt32(), all.GetProperty("alone").GetBoolean()));

        await SendAsync(gateway, HttpMethod.Post, "/admin/limits/up/reset");
        Assert.Equal(HttpStatusCode.OK, (await gateway.ChatAsync(Some.ChatRequest())).StatusCode);
        await SendAsync(gateway, HttpMethod.Post, "/admin/limits/reset");
        Assert.Equal(HttpStatusCode.OK, (await gateway.ChatAsync(Some.ChatRequest())).StatusCode);
        await SendAsync(gateway, HttpMethod.Delete, "/admin/limits/up");
        Assert.Equal(HttpStatusCode.OK, (await gateway.ChatAsync(Some.ChatRequest())).StatusCode);

        var unknown = await SendAsync(gateway, HttpMethod.Get, "/admin/limits/up");
        Assert.Equal("limit_not_found", unknown.GetProperty("code").GetString());
        var refused = await SendAsync(gateway, HttpMethod.Put, "/admin/limits/up", """{"rpm":0}""");
        Assert.Contains("rpm is at least 1", refused.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("9223372036854775807")]
    [InlineData("-9223372036854775808")]
    [InlineData("0")]
    public async Task A_window_out_of_all_bounds_is_refused_like_any_other(string window)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Admin.Key = Key);

        var refused = await SendAsync(
            gateway, HttpMethod.Put, "/admin/limits/up", $$"""{"max_requests":1,"window_ms":{{window}}}""");

        Assert.Equal("invalid_limit", refused.GetProperty("code").GetString());
        Assert.Contains("window is between 1s and 31d", refused.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private static async Task<JsonElement> SendAsync(GatewayHost gateway, HttpMethod method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement.Clone();
    }
}
