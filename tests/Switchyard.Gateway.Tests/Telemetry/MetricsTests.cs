using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Telemetry;

/// <summary>The metrics of calls in <c>GET /metrics</c>.</summary>
public sealed class MetricsTests
{
    private const string Target = """{provider="up",model="some-model",operation="chat",tenant="unscoped"}""";

    private readonly Ends _ends = new();

    [Covers("S001-84", "S001-85", "S001-86", "S002-67", "S002-68", "S003-124", "S001-41", "S001-88")]
    [Fact]
    public async Task A_call_is_counted_timed_and_its_tokens_too()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        upstream.ThenJson(Some.ChatCompletion("hi"));

        using (await gateway.ChatAsync(Some.ChatRequest()))
            await _ends.NextAsync();
        var metrics = await ScrapeAsync(gateway);

        Assert.Equal(1, metrics[$"provider_requests_total{Target}"]);
        Assert.Equal(0, metrics[$"provider_active_requests{Target}"]);
        Assert.Equal(
            1,
            metrics["""provider_attempts_total{provider="up",model="some-model",operation="chat",tenant="unscoped",outcome="success"}"""]);
        Assert.Equal(1, metrics["""provider_request_duration_seconds_count{provider="up",model="some-model",operation="chat",tenant="unscoped",status="success"}"""]);
        Assert.Equal(9, metrics["""provider_token_usage_total{provider="up",model="some-model",type="prompt",tenant="unscoped"}"""]);
        Assert.Equal(3, metrics["""provider_token_usage_total{provider="up",model="some-model",type="completion",tenant="unscoped"}"""]);
        Assert.Equal(12, metrics["""provider_token_usage_total{provider="up",model="some-model",type="total",tenant="unscoped"}"""]);
        Assert.Equal(1, metrics["""switchyard_calls_total{operation="chat",outcome="success",key="anonymous",tenant="unscoped"}"""]);
        Assert.Equal(1, metrics["""switchyard_overhead_seconds_count{operation="chat"}"""]);
        Assert.Equal(1, metrics["""switchyard_provider_health{provider="up"}"""]);
        Assert.Equal(
            ["0.01", "0.05", "0.1", "0.25", "0.5", "1", "2", "5", "10", "30", "60", "+Inf"],
            metrics.Bounds("provider_request_duration_seconds"));
    }

    [Fact]
    public async Task An_answer_whose_provider_reports_no_tokens_is_counted_as_one()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        upstream.ThenStream(Some.ChatStream()).ThenStream(Some.ChatStream(usage: true)).ThenJson("{}", 500);

        foreach (var stream in (bool[])[true, true, false])
        {
            using var answer = await gateway.ChatAsync(Some.ChatRequest(stream: stream));
            await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            await _ends.NextAsync();
        }

        Assert.Equal(1, (await ScrapeAsync(gateway))[$"switchyard_uncounted_answers_total{Target}"]);
    }

    [Covers("S001-85")]
    [Fact]
    public async Task A_call_that_runs_is_in_the_gauge()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        var (arrived, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        upstream.Then(async http =>
        {
            arrived.SetResult();
            await goOn.Task;
            await FakeUpstream.WriteAsync(http, 200, "application/json", Some.ChatCompletion("hi"));
        });

        var asking = gateway.ChatAsync(Some.ChatRequest());
        await arrived.Task;
        Assert.Equal(1, (await ScrapeAsync(gateway))[$"provider_active_requests{Target}"]);
        goOn.SetResult();
        using (await asking)
            await _ends.NextAsync();
        Assert.Equal(0, (await ScrapeAsync(gateway))[$"provider_active_requests{Target}"]);
    }

    [Covers("S001-42", "S001-87", "S002-69", "S001-94", "S001-43")]
    [Theory]
    [InlineData(500, "upstream_unavailable", "500")]
    [InlineData(429, "upstream_rate_limited", "429")]
    [InlineData(504, "upstream_timeout", "504")]
    [InlineData(400, "upstream_rejected", "400")]
    public async Task A_failure_is_counted_by_its_code_and_status(int status, string type, string code)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        upstream.ThenJson("""{"error":{"message":"no"}}""", status);

        using (await gateway.ChatAsync(Some.ChatRequest()))
            await _ends.NextAsync();
        var metrics = await ScrapeAsync(gateway);

        Assert.Equal(0, metrics[$"provider_active_requests{Target}"]);
        Assert.Equal(1, metrics.Only("provider_errors_total", $"error_type=\"{type}\"", $"status_code=\"{code}\""));
        Assert.Equal(1, metrics.Only("provider_request_duration_seconds_count", "status=\"error\""));
        Assert.Equal(1, metrics.Only("switchyard_calls_total", "outcome=\"error\""));
    }

    [Covers("S001-39", "S001-87")]
    [Fact]
    public async Task An_empty_answer_is_counted_with_the_status_of_its_failure_and_not_with_200()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        upstream.ThenJson(Some.ChatCompletion(" "));

        using (await gateway.ChatAsync(Some.ChatRequest()))
            await _ends.NextAsync();

        var metrics = await ScrapeAsync(gateway);
        Assert.Equal(1, metrics.Only("provider_errors_total", "error_type=\"upstream_unavailable\"", "status_code=\"502\""));
    }

    [Covers("S001-86", "S001-94")]
    [Fact]
    public async Task A_stream_that_breaks_off_and_a_client_that_leaves_give_their_place_in_the_gauge_back()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        upstream.ThenStreamAndCut(Some.ChatStream()[0], Some.ChatStream()[1]);
        using (var broken = await gateway.ChatAsync(Some.ChatRequest(stream: true)))
            await broken.Content.ReadAsStringAsync();
        await _ends.NextAsync();

        using var left = new CancellationTokenSource();
        upstream.Then(async http =>
        {
            await left.CancelAsync();
            await upstream.HangAsync(http);
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gateway.Http.PostAsync(
            "/v1/chat/completions", new StringContent(Some.ChatRequest(), null, "application/json"), left.Token));
        await _ends.NextAsync();

        var metrics = await ScrapeAsync(gateway);
        Assert.Equal(0, metrics[$"provider_active_requests{Target}"]);
        Assert.Equal(2, metrics[$"provider_requests_total{Target}"]);
        Assert.Equal(1, metrics.Only("provider_request_duration_seconds_count", "status=\"error\""));
        Assert.Equal(1, metrics.Only("provider_request_duration_seconds_count", "status=\"canceled\""));
        Assert.Equal(1, metrics.Only("provider_time_to_first_token_seconds_count"));
    }

    [Covers("S000-71", "S000-72", "S001-35")]
    [Fact]
    public async Task A_fallback_is_counted_and_the_later_names_are_served_when_asked_for()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options =>
        {
            options.Telemetry.Names = ["compute"];
            options.Circuit.Enabled = true;
            options.Circuit.Failures = 1;
            options.Providers["gone"] = new ProviderOptions { BaseUrl = "http://127.0.0.1:1/v1", Models = ["m"] };
            options.Models["fast"] = new ModelRouteOptions
            {
                Targets = [new TargetOptions { Model = "gone/m" }],
                Fallback = [new TargetOptions { Model = "up/some-model" }],
            };
        });
        upstream.ThenJson(Some.ChatCompletion("hi"));

        using (await gateway.ChatAsync(Some.ChatRequest("fast")))
            await _ends.NextAsync();
        var metrics = await ScrapeAsync(gateway);

        Assert.Equal(1, metrics["""switchyard_fallbacks_total{from="gone",to="up"}"""]);
        Assert.Equal(1, metrics["""compute_fallback_events_total{from_provider="gone",to_provider="up"}"""]);
        Assert.Equal(1, metrics["""compute_requests_total{provider="up",request_type="chat",status="success"}"""]);
        Assert.Equal(1, metrics["""compute_request_duration_seconds_count{provider="gone",request_type="chat"}"""]);
        Assert.Equal(1, metrics.Only("compute_request_errors_total", "provider=\"gone\""));
        Assert.Equal(0.5, metrics["""compute_provider_health{provider="gone"}"""]);
        Assert.Equal(2, metrics["""compute_circuit_breaker_state{provider="gone",model="m",credential="1"}"""]);
        Assert.Equal(0, metrics["""switchyard_circuit_state{provider="up",model="some-model",credential="1"}"""]);
        Assert.Equal(1, metrics["""compute_routing_decisions_total{provider="gone",model="m"}"""]);
        Assert.DoesNotContain(metrics.Names, name => name.StartsWith("provider_", StringComparison.Ordinal));
    }

    [Covers("S001-92")]
    [Fact]
    public async Task Model_names_that_clients_make_up_do_not_grow_the_page_without_bound()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        for (var i = 0; i < 105; i++)
        {
            upstream.ThenJson(Some.ChatCompletion("hi"));
            using (await gateway.ChatAsync(Some.ChatRequest($"up/made-up-{i}")))
                await _ends.NextAsync();
        }

        upstream.ThenJson(Some.ChatCompletion("hi"));
        using (await gateway.ChatAsync(Some.ChatRequest()))
            await _ends.NextAsync();
        var metrics = await ScrapeAsync(gateway);

        Assert.Equal(5, metrics.Only("provider_requests_total", "model=\"other\""));
        Assert.Equal(5, metrics["""switchyard_label_overflow_total{label="model"}"""]);
        // A configured model is never counted as "other".
        Assert.Equal(1, metrics[$"provider_requests_total{Target}"]);
    }

    [Covers("S001-04", "S001-93")]
    [Fact]
    public async Task A_tenant_travels_to_metrics_and_to_the_record_as_a_clean_label()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);
        upstream.ThenJson(Some.ChatCompletion("hi"));

        using (await gateway.ChatAsync(Some.ChatRequest(), ("x-switchyard-tenant", " acme/build \"x\" ")))
            Assert.Equal("acme/build__x_", (await _ends.NextAsync()).Tenant);
        var metrics = await ScrapeAsync(gateway);

        Assert.Equal(1, metrics.Only("provider_requests_total", "tenant=\"acme/build__x_\""));
        Assert.Equal(1, metrics.Only("switchyard_calls_total", "tenant=\"acme/build__x_\""));
        Assert.DoesNotContain("x-switchyard-tenant", upstream.LastRequest.Headers.Keys, StringComparer.OrdinalIgnoreCase);
    }

    [Covers("S001-89")]
    [Fact]
    public async Task A_changed_key_is_counted_as_a_rotation()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream);

        await gateway.Engine.ApplyAsync(options => options.Providers["up"].Key = "sk-another");
        await gateway.Engine.ApplyAsync(options => options.Providers["up"].Models = ["some-model", "another"]);
        var metrics = await ScrapeAsync(gateway);

        Assert.Equal(
            1, metrics["""provider_client_rotations_total{provider="up",reason="credential_change",tenant="unscoped"}"""]);
    }

    [Fact]
    public async Task A_provider_that_could_not_be_loaded_is_reported_as_unhealthy_here_too()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, options => options.Providers["keyless"] = new() { Type = "openai" });

        var metrics = await ScrapeAsync(gateway);

        Assert.Equal(0, metrics["""switchyard_provider_health{provider="keyless"}"""]);
        Assert.Equal(0.5, metrics["""switchyard_provider_health{provider="up"}"""]);
    }

    [Fact]
    public async Task Metrics_need_a_key_where_keys_are_configured_and_can_be_switched_off()
    {
        await using var closed = await GatewayHost.StartAsync(options => options.Server.Keys = ["a-client-key"]);
        using var refused = await closed.Http.GetAsync("/metrics");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        closed.Http.DefaultRequestHeaders.Add("Authorization", "Bearer a-client-key");
        using var admitted = await closed.Http.GetAsync("/metrics");
        Assert.Equal(HttpStatusCode.OK, admitted.StatusCode);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", admitted.Content.Headers.ContentType!.ToString());

        await using var open = await GatewayHost.StartAsync(options =>
        {
            options.Server.Keys = ["a-client-key"];
            options.Server.Open = ["/metrics"];
        });
        using var served = await open.Http.GetAsync("/metrics");
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);

        await using var off = await GatewayHost.StartAsync(options => options.Telemetry.Metrics = false);
        using var missing = await off.Http.GetAsync("/metrics");
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Assert.Contains("telemetry.metrics", await missing.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private Task<GatewayHost> StartAsync(FakeUpstream upstream, Action<SwitchyardOptions>? configure = null) =>
        GatewayHost.StartAsync(upstream, configure, build => build.AddSink(new EndedSink(_ends.Add)));

    private static async Task<MetricsText> ScrapeAsync(GatewayHost gateway) =>
        MetricsText.Parse(await gateway.Http.GetStringAsync("/metrics"));

    /// <summary>The ends of calls, in order: an answer may be read before its call has ended.</summary>
    private sealed class Ends
    {
        private readonly System.Threading.Channels.Channel<CallRecord> _records =
            System.Threading.Channels.Channel.CreateUnbounded<CallRecord>();

        public void Add(CallRecord record) => _records.Writer.TryWrite(record);

        public async Task<CallRecord> NextAsync()
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            return await _records.Reader.ReadAsync(patience.Token);
        }
    }
}
