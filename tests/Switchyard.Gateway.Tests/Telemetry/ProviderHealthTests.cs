using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Telemetry;

/// <summary><c>/health/providers</c>, the monitor behind it, and the gateway in its host's health checks.</summary>
public sealed class ProviderHealthTests
{
    [Fact]
    [Covers("S001-75", "S001-77", "S001-78", "S001-79")]
    public async Task Every_provider_is_reported_and_none_is_asked()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(
            upstream, options => options.Providers["keyless"] = new() { Type = "openai" });

        var report = await ReportAsync(gateway, "/health/providers");
        Assert.False(report.GetProperty("tested").GetBoolean());
        Assert.Equal(["keyless", "up"], Names(report));
        Assert.Equal("unknown", Of(report, "up").GetProperty("status").GetString());
        Assert.Equal("unhealthy", Of(report, "keyless").GetProperty("status").GetString());
        Assert.Contains("key", Of(report, "keyless").GetProperty("error").GetString(), StringComparison.OrdinalIgnoreCase);
        Assert.Empty(upstream.Requests);
    }

    [Fact]
    [Covers("S001-79", "S002-31")]
    public async Task On_request_each_is_asked_and_its_time_is_reported()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson("""{"data":[]}""");
        await using var gateway = await GatewayHost.StartAsync(upstream);

        var tested = Of(await ReportAsync(gateway, "/health/providers?test=true"), "up");
        Assert.Equal(("healthy", true), (tested.GetProperty("status").GetString(), tested.GetProperty("healthy").GetBoolean()));
        Assert.Matches(@"^\d+(\.\d{1,2})?$", tested.GetProperty("latency_ms").GetRawText());
        Assert.Equal("/v1/models", upstream.LastRequest.Path);

        upstream.ThenJson("{}", 500);
        var failed = Of(await ReportAsync(gateway, "/health/providers?test=true"), "up");
        Assert.Equal(("degraded", "HTTP 500"), (failed.GetProperty("status").GetString(), failed.GetProperty("error").GetString()));

        await ReportAsync(gateway, "/health/providers?test=true&level=round-trip");
        Assert.Equal("/v1/chat/completions", upstream.LastRequest.Path);
    }

    [Fact]
    [Covers("S000-70", "S003-22")]
    public async Task Calls_are_in_the_figures()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        await (await gateway.ChatAsync(Some.ChatRequest())).Content.ReadAsStringAsync();
        await gateway.Log.WaitForAsync(1, "answered by up");
        upstream.ThenStreamAndHang(Some.ChatStream()[..2]);
        using var open = await gateway.ChatAsync(Some.ChatRequest(stream: true));

        var up = Of(await ReportAsync(gateway, "/health/providers"), "up");
        Assert.Equal("healthy", up.GetProperty("status").GetString());
        Assert.Equal((1, 1), (up.GetProperty("total_requests").GetInt64(), up.GetProperty("active_connections").GetInt32()));
        Assert.Equal((1d, 0d), (up.GetProperty("success_rate").GetDouble(), up.GetProperty("error_rate").GetDouble()));
        Assert.Equal(0, up.GetProperty("consecutive_failures").GetInt32());
        Assert.True(up.GetProperty("last_check").GetDateTimeOffset() > DateTimeOffset.UnixEpoch);
        Assert.True(up.GetProperty("response_time_ms").GetDouble() >= 0);
    }

    [Theory]
    [InlineData(null, false, HttpStatusCode.Unauthorized)]
    [InlineData(null, true, HttpStatusCode.OK)]
    [InlineData("/health/providers", false, HttpStatusCode.OK)]
    public async Task It_needs_a_key_where_keys_are_configured_unless_it_is_open(string? open, bool withKey, HttpStatusCode status)
    {
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Server.Keys = ["a-client-key"];
            options.Server.Open = open is null ? [] : [open];
            options.Providers["mock"] = new();
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health/providers");
        if (withKey)
            request.Headers.Add("x-api-key", "a-client-key");

        Assert.Equal(status, (await gateway.Http.SendAsync(request)).StatusCode);
        using var test = await gateway.Http.GetAsync("/health/providers?test=true");
        Assert.Equal(HttpStatusCode.Unauthorized, test.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Http.GetAsync("/health/live")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await gateway.Http.GetAsync("/health/ready")).StatusCode);
    }

    [Theory]
    [InlineData("?test=yes", "'test' must be true or false")]
    [InlineData("?test=true&level=deep", "'level' must be configuration, reachability or round-trip")]
    public async Task A_parameter_of_another_value_is_refused(string query, string reason)
    {
        await using var gateway = await GatewayHost.StartAsync();
        var response = await gateway.Http.GetAsync("/health/providers" + query);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(reason, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    [Covers("S000-67")]
    public async Task The_gateway_watches_by_itself()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson("""{"data":[]}""");
        var clock = new TestClock();
        await using var gateway = await GatewayHost.StartAsync(
            upstream, options => options.Health = new HealthOptions(), builder => builder.Services.AddSingleton<TimeProvider>(clock));
        clock.Advance(TimeSpan.FromSeconds(30));
        await Wait.ForAsync(async () =>
            Of(await ReportAsync(gateway, "/health/providers"), "up").GetProperty("status").GetString() == "healthy");

        Assert.Equal("/v1/models", Assert.Single(upstream.Requests).Path);
    }

    [Fact]
    public async Task A_host_has_it_among_its_health_checks()
    {
        await using var gateway = await GatewayHost.StartAsync(
            options => options.Providers["mock"] = new(), builder => builder.Services.AddHealthChecks().AddSwitchyard());
        var checks = gateway.Services.GetRequiredService<HealthCheckService>();
        Assert.Equal(HealthStatus.Healthy, (await checks.CheckHealthAsync()).Status);

        gateway.Engine.Registry.FindEntry("mock")!.Health.CountCall(false, TimeSpan.Zero, "It is down.");
        var entry = (await checks.CheckHealthAsync()).Entries["switchyard"];
        Assert.Equal((HealthStatus.Degraded, "Degraded"), (entry.Status, entry.Data["mock"]));
        Assert.Equal("mock is Degraded: It is down.", entry.Description);

        await gateway.StopAsync();
        Assert.Equal(HealthStatus.Unhealthy, (await checks.CheckHealthAsync()).Status);
    }

    [Fact]
    public async Task A_host_whose_gateway_can_serve_nothing_is_unhealthy()
    {
        await using var gateway = await GatewayHost.StartAsync(
            build: builder => builder.Services.AddHealthChecks().AddSwitchyard(failureStatus: HealthStatus.Degraded));
        var report = await gateway.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();

        Assert.Equal(HealthStatus.Degraded, report.Status);
        Assert.Contains("No provider is enabled", report.Entries["switchyard"].Description, StringComparison.Ordinal);
    }

    private static async Task<JsonElement> ReportAsync(GatewayHost gateway, string path)
    {
        using var document = JsonDocument.Parse(await gateway.Http.GetStringAsync(path));
        return document.RootElement.Clone();
    }

    private static IEnumerable<string?> Names(JsonElement report) =>
        report.GetProperty("providers").EnumerateArray().Select(provider => provider.GetProperty("name").GetString());

    private static JsonElement Of(JsonElement report, string name) =>
        report.GetProperty("providers").EnumerateArray().Single(provider => provider.GetProperty("name").GetString() == name);
}
