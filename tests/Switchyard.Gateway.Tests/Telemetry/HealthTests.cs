using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Switchyard.Configuration;
using Switchyard.Money;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Telemetry;

/// <summary>The gateway's health endpoints, who may read them, and shutdown.</summary>
public sealed class HealthTests
{
    [Fact]
    [Covers("V2", "V3")]
    public async Task Without_a_provider_the_gateway_is_not_ready_and_no_mock_answers()
    {
        // Not the test kit's own mock.
        await using var gateway = await GatewayHost.StartAsync(options => options.Server.Keys.Add("secret"), build: _ => { });

        foreach (var path in new[] { "/health", "/health/ready" })
        {
            var health = await gateway.Http.GetAsync(path);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
            Assert.Contains("No provider is enabled", await health.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.OK, (await gateway.Http.GetAsync("/health/live")).StatusCode);
        var call = await gateway.ChatAsync(Some.ChatRequest("gpt-4o"), ("Authorization", "Bearer secret"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, call.StatusCode);
        Assert.Contains("No provider is enabled", await call.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains(
            gateway.Log.GetSnapshot(),
            line => line.Level == LogLevel.Error && line.Message.Contains("No provider is enabled", StringComparison.Ordinal));
    }

    [Fact]
    [Covers("V2")]
    public async Task The_mock_of_an_empty_start_is_reported_in_health_and_log()
    {
        await using var gateway = await GatewayHost.StartAsync(
            options =>
            {
                // The defaults of an empty configuration, not those of other tests.
                (options.AutoEnable, options.Retry, options.Circuit, options.Health) = (null, new(), new(), new());
            },
            build: _ => { });
        if (!gateway.Engine.UsesMock)
            Assert.Skip("The environment of these tests has a provider's key.");

        Assert.Contains("mock", await gateway.Http.GetStringAsync("/health"), StringComparison.Ordinal);
        Assert.Contains(gateway.Log.GetSnapshot(), line => line.Message.Contains("the built-in mock answers", StringComparison.Ordinal));
    }

    [Fact]
    [Covers("V3")]
    public async Task Details_are_shown_only_with_a_key()
    {
        await using var gateway = await GatewayHost.StartAsync(options =>
        {
            options.Server.Keys.Add("secret");
            options.Providers["mock"] = new();
            options.Providers["broken"] = new ProviderOptions { Type = "openai" };
        });

        var open = await gateway.Http.GetStringAsync("/health");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health") { Headers = { { "x-api-key", "secret" } } };
        var shown = await (await gateway.Http.SendAsync(request)).Content.ReadAsStringAsync();

        Assert.Equal("ok", JsonDocument.Parse(open).RootElement.GetProperty("status").GetString());
        Assert.DoesNotContain("broken", open, StringComparison.Ordinal);
        Assert.DoesNotContain("load_errors", open, StringComparison.Ordinal);
        Assert.Contains("broken", shown, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("relaxed", HttpStatusCode.OK, "ok")]
    [InlineData("strict", HttpStatusCode.ServiceUnavailable, "unavailable")]
    public async Task A_ledger_that_cannot_be_written_is_shown_and_with_a_strict_one_the_gateway_is_not_ready(
        string durability, HttpStatusCode ready, string status)
    {
        var ledger = new ClaimedLedger();
        await using var gateway = await GatewayHost.StartAsync(
            options =>
            {
                options.Providers["mock"] = new();
                options.Storage = new StorageOptions { Ledger = "sqlite:any", Durability = durability };
            },
            build: builder => builder.Services.AddSingleton<ILedgerFactory>(ledger));
        var well = JsonDocument.Parse(await gateway.Http.GetStringAsync("/health/ready")).RootElement.GetProperty("ledger");
        ledger.Trouble = new() { Reason = "The disk is full.", Since = DateTimeOffset.UnixEpoch, StopsDurableCalls = true };

        using var response = await gateway.Http.GetAsync("/health/ready");

        var shown = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal("ok", well.GetProperty("status").GetString());
        Assert.Equal((ready, status), (response.StatusCode, shown.GetProperty("status").GetString()));
        Assert.Equal("unavailable", shown.GetProperty("ledger").GetProperty("status").GetString());
        Assert.Equal("The disk is full.", shown.GetProperty("ledger").GetProperty("error").GetString());
        Assert.Equal(HttpStatusCode.OK, (await gateway.Http.GetAsync("/health/live")).StatusCode);
    }

    [Theory]
    [InlineData("/v1/chat/completions", false)]
    [InlineData("/v1/messages", false)]
    [InlineData("/v1/responses", false)]
    [InlineData("/v1/chat/completions", true)]
    [Covers("V13")]
    public async Task A_call_that_outlives_the_grace_ends_in_an_error_and_a_line_in_the_log(string path, bool whole)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        if (whole)
            upstream.ThenHang();
        else
            upstream.ThenStreamAndHang(Some.ChatStream()[..2]);
        var clock = new TestClock();
        await using var gateway = await GatewayHost.StartAsync(
            upstream, build: builder => builder.Services.AddSingleton<TimeProvider>(clock));
        var json = path == "/v1/responses" ? """{"model":"up/some-model","input":"Hi","stream":true}"""
            : Some.ChatRequest(stream: !whole, extra: ",\"max_tokens\":9");
        var pending = gateway.PostAsync(path, json);
        if (!whole)
            await pending;
        else
            await Wait.ForAsync(() => upstream.Requests.Count > 0);

        var stopping = gateway.StopAsync();
        var lifetime = gateway.Services.GetRequiredService<IHostApplicationLifetime>();
        await Wait.ForAsync(() => lifetime.ApplicationStopping.IsCancellationRequested);
        clock.Advance(gateway.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout - TimeSpan.FromSeconds(1));

        var response = await pending;
        var answer = await response.Content.ReadAsStringAsync();
        await stopping;
        Assert.Equal(whole ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("The gateway is being stopped", answer, StringComparison.Ordinal);
        Assert.Contains(gateway.Log.GetSnapshot(), line => line.Message.Contains("ShuttingDown", StringComparison.Ordinal));
    }
}
