using System.Collections.Concurrent;
using System.Diagnostics;
using Switchyard.Configuration;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Telemetry;

/// <summary>The spans of a call, as a listener in the process gets them.</summary>
public sealed class TraceTests : IDisposable
{
    private readonly string _trace = ActivityTraceId.CreateRandom().ToHexString();
    private readonly ConcurrentQueue<Activity> _ended = new();
    private readonly SemaphoreSlim _callEnded = new(0);
    private readonly ActivityListener _listener;

    public TraceTests()
    {
        // Other tests run in parallel: only the spans of this test's trace are collected.
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Switchyard",
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.TraceId.ToHexString() == _trace ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = span =>
            {
                _ended.Enqueue(span);
                if (span.Kind == ActivityKind.Server)
                    _callEnded.Release();
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    private string Parent => $"00-{_trace}-1234567890abcdef-01";

    public void Dispose()
    {
        _listener.Dispose();
        _callEnded.Dispose();
    }

    [Covers("S002-71", "S002-72")]
    [Fact]
    public async Task A_call_has_a_span_and_below_it_one_for_each_attempt_whose_id_goes_to_the_provider()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options =>
        {
            options.Providers["gone"] = new ProviderOptions { BaseUrl = "http://127.0.0.1:1/v1" };
            options.Models["fast"] = new ModelRouteOptions
            {
                Targets = [new TargetOptions { Model = "gone/m" }],
                Fallback = [new TargetOptions { Model = "up/some-model" }],
            };
        });
        upstream.ThenJson(Some.ChatCompletion("hi"));

        using (await gateway.ChatAsync(
            Some.ChatRequest("fast", "my secret plan"), ("traceparent", Parent), ("x-request-id", "mine-7")))
            await _callEnded.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        var call = Assert.Single(_ended, span => span.Kind == ActivityKind.Server);
        Assert.Equal("chat fast", call.DisplayName);
        Assert.StartsWith("1234567890abcdef", HostSpanOr(call), StringComparison.Ordinal);
        Assert.Equal("mine-7", call.GetTagItem("request.id"));
        Assert.Equal("fast", call.GetTagItem("request.model"));
        Assert.True(call.GetTagItem("switchyard.attempts") is >= 2);

        var failed = _ended.First(span => span.DisplayName == "gone.chat_completion");
        Assert.Equal(ActivityStatusCode.Error, failed.Status);
        Assert.Equal("upstream_unavailable", failed.GetTagItem("error.type"));

        var answered = Assert.Single(_ended, span => span.DisplayName == "up.chat_completion");
        Assert.All([failed, answered], attempt => Assert.Equal(call.SpanId, attempt.ParentSpanId));
        Assert.Equal(ActivityKind.Client, answered.Kind);
        Assert.Equal("up", answered.GetTagItem("provider.name"));
        Assert.Equal("mine-7", answered.GetTagItem("request.id"));
        Assert.Equal("some-model", answered.GetTagItem("request.model"));
        Assert.Equal("chat", answered.GetTagItem("gen_ai.operation.name"));
        Assert.Equal("up", answered.GetTagItem("gen_ai.provider.name"));
        Assert.Equal("some-model", answered.GetTagItem("gen_ai.request.model"));
        Assert.Equal(9L, answered.GetTagItem("gen_ai.usage.input_tokens"));
        Assert.Equal(3L, answered.GetTagItem("gen_ai.usage.output_tokens"));
        Assert.Equal("127.0.0.1", answered.GetTagItem("server.address"));
        Assert.Equal($"00-{_trace}-{answered.SpanId}-01", upstream.LastRequest.Headers["traceparent"]);
        foreach (var span in _ended)
        {
            Assert.DoesNotContain(
                span.TagObjects, tag => tag.Value?.ToString()?.Contains("secret plan", StringComparison.Ordinal) is true);
        }
    }

    [Covers("S001-100")]
    [Fact]
    public async Task What_the_network_policy_decided_is_an_event_of_the_attempts_span()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Egress = new() { Allow = ["api.example.com"] });

        using (await gateway.ChatAsync(Some.ChatRequest(), ("traceparent", Parent)))
            await _callEnded.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        var attempt = Assert.Single(_ended, span => span.Kind == ActivityKind.Client);
        var decided = Assert.Single(attempt.Events, happened => happened.Name == "egress.guard");
        var tags = decided.Tags.ToDictionary(tag => tag.Key, tag => tag.Value);
        Assert.Equal((upstream.BaseUrl + "/chat/completions", "enforce", "blocked"), (tags["target"], tags["mode"], tags["decision"]));
        Assert.Equal(("up", "chat", "some-model"), (tags["provider"], tags["operation"], tags["model"]));
        Assert.Equal("egress_blocked", attempt.GetTagItem("error.type"));
    }

    [Covers("S002-71")]
    [Fact]
    public async Task A_stream_that_breaks_off_ends_its_spans_with_an_error()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream);
        upstream.ThenStreamAndCut(Some.ChatStream()[..2]);

        using (var response = await gateway.ChatAsync(Some.ChatRequest(stream: true), ("traceparent", Parent)))
        {
            await response.Content.ReadAsStringAsync();
            await _callEnded.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        }

        Assert.Equal(2, _ended.Count);
        Assert.All(_ended, span => Assert.Equal(ActivityStatusCode.Error, span.Status));
        Assert.All(_ended, span => Assert.Equal("stream_interrupted", span.GetTagItem("error.type")));
    }

    /// <summary>The client's span, if no span of the host is between it and the call's.</summary>
    private static string HostSpanOr(Activity call) =>
        call.Parent is { OperationName: "Microsoft.AspNetCore.Hosting.HttpRequestIn" } host
            ? host.ParentSpanId.ToHexString()
            : call.ParentSpanId.ToHexString();
}
