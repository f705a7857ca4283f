using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Admin;

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
        var misspelt = await SendAsync(gateway, HttpMethod.Put, "/admin/limits/upp%2Fsome-model", """{"rpm":5}""");
        Assert.Contains("no provider 'upp'", misspelt.GetProperty("detail").GetString(), StringComparison.Ordinal);
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

    [Theory]
    [InlineData("""{"rpm":60,"mode":"queue"}""")]
    [InlineData("""{"rpm":60,"queue":5}""")]
    [InlineData("""{"rpm":60,"queue_wait_ms":2000}""")]
    [InlineData("""{"rpm":60,"enabled":false}""")]
    public async Task Every_setting_of_a_limit_changes_its_version(string changed)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Admin.Key = Key);

        var before = await VersionAsync(gateway, """{"rpm":60}""");

        Assert.NotEqual(before, await VersionAsync(gateway, changed));
        Assert.Equal(before, await VersionAsync(gateway, """{"rpm":60}"""));
    }

    [Fact]
    public async Task The_line_of_a_limit_is_set_with_it()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Admin.Key = Key);

        await SendAsync(gateway, HttpMethod.Put, "/admin/limits/up", """{"rpm":60,"mode":"queue","queue":5,"queue_wait_ms":2000}""");
        var limit = gateway.Engine.Options.Limits["up"];
        var refused = await SendAsync(gateway, HttpMethod.Put, "/admin/limits/up", """{"rpm":60,"queue_wait_ms":-1}""");

        Assert.Equal(("queue", 5, TimeSpan.FromSeconds(2)), (limit.Mode, limit.Queue, limit.QueueWait));
        Assert.Contains("queue_wait is not negative", refused.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_limit_that_is_disabled_can_still_be_read_and_removed()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Admin.Key = Key);
        await SendAsync(gateway, HttpMethod.Put, "/admin/limits/up%2Fsome-model", """{"rpm":1,"enabled":false}""");

        var read = await SendAsync(gateway, HttpMethod.Get, "/admin/limits/up%2Fsome-model");
        var other = await SendAsync(gateway, HttpMethod.Get, "/admin/limits/up%2Fsome-model?scope=provider");
        var same = await SendAsync(gateway, HttpMethod.Get, "/admin/limits/up%2Fsome-model?scope=deployment");
        var removed = await SendAsync(gateway, HttpMethod.Delete, "/admin/limits/up%2Fsome-model");

        Assert.Equal(("deployment", "up/some-model"), (read.GetProperty("scope").GetString(), read.GetProperty("name").GetString()));
        Assert.Equal(404, other.GetProperty("status").GetInt32());
        Assert.Equal("deployment", same.GetProperty("scope").GetString());
        Assert.Equal(JsonValueKind.Undefined, removed.ValueKind);
        Assert.Empty(gateway.Engine.Options.Limits);
        var unknown = await SendAsync(gateway, HttpMethod.Get, "/admin/limits/up%2Fsome-model");
        Assert.Equal("limit_not_found", unknown.GetProperty("code").GetString());
    }

    /// <summary>Sets a limit, and returns its version.</summary>
    private static async Task<string?> VersionAsync(GatewayHost gateway, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/admin/limits/up");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await gateway.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return response.Headers.ETag?.Tag;
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
