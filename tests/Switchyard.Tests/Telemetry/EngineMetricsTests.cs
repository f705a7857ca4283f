using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Models;
using Switchyard.Targets;
using Switchyard.Telemetry;
using Switchyard.TestKit;
using Switchyard.Tests.Calls;
using Xunit;

namespace Switchyard.Tests.Telemetry;

/// <summary>The metrics of calls and attempts.</summary>
[Collection("Listeners")]
public sealed class EngineMetricsTests : IDisposable
{
    private readonly TestClock _clock = new();
    private readonly EngineMetrics _metrics = new();

    public void Dispose() => _metrics.Dispose();

    [Covers("S001-35", "S001-86")]
    [Fact]
    public void A_call_counts_once_for_each_deployment_and_an_attempt_each_time()
    {
        _metrics.Keep();
        var call = Call();
        var (first, second) = (SomeCall.Deployment("a/m"), SomeCall.Deployment("b/m"));
        Try(call, first, fails: true);
        Try(call, first, fails: true);
        Try(call, second, fails: false);
        _metrics.End(call, CallOutcome.Finished);

        Assert.Equal([("a", 1.0), ("b", 1.0)], ByProvider(call, "provider_requests_total"));
        Assert.Equal([("a", 2.0), ("b", 1.0)], ByProvider(call, "provider_attempts_total"));
        Assert.Equal([("a", 1.0)], ByProvider(call, "provider_errors_total"));
        Assert.Equal([("a", 0.0), ("b", 0.0)], ByProvider(call, "provider_active_requests"));
        // From the first attempt to the end of the last, once.
        Assert.Equal([("a", 2.0), ("b", 1.0)], ByProvider(call, "provider_request_duration_seconds"));
        Assert.All(Family(call, "provider_request_duration_seconds").Samples, sample => Assert.Equal(1, sample.Buckets.Sum()));
        Assert.Equal(1, Assert.Single(Family(call, "switchyard_fallbacks_total").Samples).Value);
    }

    [Covers("S001-43")]
    [Fact]
    public void What_ends_twice_counts_once()
    {
        _metrics.Keep();
        var call = Call();
        var attempt = Begin(call, SomeCall.Deployment("a/m"));
        attempt.Sending();
        attempt.Fail(SomeCall.Error(CallErrorKind.UpstreamTimeout));
        attempt.Fail(SomeCall.Error(CallErrorKind.UpstreamTimeout));

        Assert.Equal([("a", 1.0)], ByProvider(call, "provider_attempts_total"));
        Assert.Equal([("a", 0.0)], ByProvider(call, "provider_active_requests"));
    }

    [Covers("S001-88")]
    [Fact]
    public void Counts_that_are_zero_or_missing_add_nothing()
    {
        _metrics.Keep();
        var call = Call();
        var attempt = Begin(call, SomeCall.Deployment("a/m"));
        attempt.Observe(new TokenUsage { Input = 7, Output = 0 });
        attempt.End(AttemptOutcome.Finished, null);

        Assert.Equal(
            ["prompt 7", "total 7"],
            Family(call, "provider_token_usage_total").Samples.Select(sample => $"{sample.Labels[2]} {sample.Value}"));
    }

    [Fact]
    public void What_the_gateway_took_itself_is_all_but_waiting_for_the_provider_and_reading_on()
    {
        _metrics.Keep();
        var call = Call();
        // In a queue, for example.
        _clock.Advance(TimeSpan.FromSeconds(2));
        var attempt = Begin(call, SomeCall.Deployment("a/m"));
        attempt.Sending();
        _clock.Advance(TimeSpan.FromSeconds(30));
        attempt.Opened();
        _clock.Advance(TimeSpan.FromSeconds(100));
        attempt.End(AttemptOutcome.Finished, null);
        _metrics.End(call, CallOutcome.Finished);

        Assert.Equal(2, Assert.Single(Family(call, "switchyard_overhead_seconds").Samples).Value);
    }

    [Fact]
    public void What_two_targets_were_waited_for_at_once_is_not_the_gateways_own_part()
    {
        _metrics.Keep();
        var call = Call();
        _clock.Advance(TimeSpan.FromSeconds(2));
        var late = Begin(call, SomeCall.Deployment("a/m"));
        late.Sending();
        _clock.Advance(TimeSpan.FromSeconds(2));
        var hedge = Begin(call, SomeCall.Deployment("b/m"), new AttemptAdmission { IsHedge = true });
        hedge.Sending();
        _clock.Advance(TimeSpan.FromSeconds(1));
        hedge.Opened();
        // An abandoned attempt may end later.
        _clock.Advance(TimeSpan.FromSeconds(10));
        late.End(AttemptOutcome.Abandoned, null);
        hedge.End(AttemptOutcome.Finished, null);
        _metrics.End(call, CallOutcome.Finished);

        Assert.Equal(2, Assert.Single(Family(call, "switchyard_overhead_seconds").Samples).Value);
    }

    [Fact]
    public void What_was_read_before_another_target_went_on_with_it_is_not_the_gateways_own_part()
    {
        _metrics.Keep();
        var call = Call();
        _clock.Advance(TimeSpan.FromSeconds(2));
        var broken = Begin(call, SomeCall.Deployment("a/m"));
        broken.Sending();
        _clock.Advance(TimeSpan.FromSeconds(1));
        broken.Opened();
        _clock.Advance(TimeSpan.FromSeconds(20));
        var next = Begin(call, SomeCall.Deployment("b/m"), new AttemptAdmission { IsContinuation = true });
        broken.End(AttemptOutcome.BrokeOff, SomeCall.Error(CallErrorKind.StreamInterrupted));
        next.Sending();
        _clock.Advance(TimeSpan.FromSeconds(1));
        next.Opened();
        next.End(AttemptOutcome.Finished, null);
        _metrics.End(call, CallOutcome.Finished);

        Assert.Equal(2, Assert.Single(Family(call, "switchyard_overhead_seconds").Samples).Value);
        Assert.Equal(["a", "b"], Assert.Single(Family(call, "switchyard_fallbacks_total").Samples).Labels);
    }

    [Theory]
    [InlineData(true, "b/m"), InlineData(false, "b/m"), InlineData(true, "a/m"), InlineData(false, "a/m")]
    public void A_target_or_a_credential_that_is_asked_beside_a_late_one_is_no_fallback_and_no_rotation(bool firstAnswers, string other)
    {
        _metrics.Keep();
        var call = Call();
        var first = Begin(call, SomeCall.Deployment("a/m"));
        first.Sending();
        _clock.Advance(TimeSpan.FromSeconds(1));
        var beside = new Deployment(other[..1], "m", new NoBinding(), new DeploymentState()) { Credential = 2 };
        var hedge = Begin(call, beside, new AttemptAdmission { IsHedge = true });
        hedge.Sending();
        _clock.Advance(TimeSpan.FromSeconds(1));
        var (winner, loser) = firstAnswers ? (first, hedge) : (hedge, first);
        winner.Opened();
        call.AnsweredBy(winner);
        loser.End(AttemptOutcome.Abandoned, null);
        winner.End(AttemptOutcome.Finished, null);
        _metrics.End(call, CallOutcome.Finished);

        Assert.Empty(Family(call, "switchyard_fallbacks_total").Samples);
        Assert.Empty(Family(call, "provider_client_rotations_total").Samples);
    }

    [Covers("S001-89")]
    [Fact]
    public void Another_credential_after_a_failure_is_a_rotation()
    {
        _metrics.Keep();
        var call = Call();
        Try(call, SomeCall.Deployment("a/m"), fails: true);
        Try(call, new Deployment("a", "m", new NoBinding(), new DeploymentState()) { Credential = 2 }, fails: false);
        _metrics.End(call, CallOutcome.Finished);

        var rotated = Assert.Single(Family(call, "provider_client_rotations_total").Samples);
        Assert.Equal(["a", "error", "unscoped"], rotated.Labels);
        Assert.Empty(Family(call, "switchyard_fallbacks_total").Samples);
    }

    [Fact]
    public void A_target_that_was_refused_without_being_sent_is_a_try_and_no_request()
    {
        _metrics.Keep();
        var call = Call();
        // As the loop does if a circuit is open: the attempt never reaches the stage that counts its beginning.
        call.BeginAttempt(SomeCall.Deployment("a/m")).Fail(SomeCall.Error(CallErrorKind.ProviderUnavailable));
        Try(call, SomeCall.Deployment("b/m"), fails: false);
        _metrics.End(call, CallOutcome.Finished);

        Assert.Equal([("b", 1.0)], ByProvider(call, "provider_requests_total"));
        Assert.Equal(
            ["a refused 1", "b success 1"],
            Family(call, "provider_attempts_total").Samples.Select(sample => $"{sample.Labels[0]} {sample.Labels[4]} {sample.Value}"));
    }

    [Covers("S001-92")]
    [Fact]
    public void A_model_without_a_name_is_unknown()
    {
        _metrics.Keep();
        var call = Call();
        Begin(call, new Deployment("a", "", new NoBinding(), new DeploymentState()));

        Assert.Equal(["a", "unknown", "chat", "unscoped"], Assert.Single(Family(call, "provider_requests_total").Samples).Labels);
    }

    [Fact]
    public void Nothing_is_kept_before_it_is_requested_and_what_began_before_is_left_out()
    {
        var call = Call();
        var attempt = Begin(call, SomeCall.Deployment("a/m"));
        _metrics.Keep();
        attempt.End(AttemptOutcome.Finished, null);

        Assert.Empty(Family(call, "provider_active_requests").Samples);
        Assert.Empty(Family(call, "provider_attempts_total").Samples);
    }

    [Fact]
    public void Of_very_many_keys_the_first_ones_are_distinguished()
    {
        _metrics.Keep();
        var call = Call();
        for (var i = 0; i < SeriesStore.MostKeys + 5; i++)
        {
            call = Call();
            call.SetCaller(new Caller($"key-{i}"), null);
            _metrics.End(call, CallOutcome.Finished);
        }

        var calls = Family(call, "switchyard_calls_total").Samples;
        Assert.Equal(SeriesStore.MostKeys + 1, calls.Count);
        Assert.Equal(5, Assert.Single(calls, sample => sample.Labels[2] == "other").Value);
        var overflow = Assert.Single(Family(call, "switchyard_label_overflow_total").Samples);
        Assert.Equal(("key", 5.0), (overflow.Labels[0], overflow.Value));
    }

    [Fact]
    public void Codes_that_a_provider_makes_up_are_bounded_for_listeners_too()
    {
        var types = new HashSet<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter.Name == "Switchyard" && instrument.Name == "gen_ai.client.operation.duration")
                    listening.EnableMeasurementEvents(instrument);
            },
        };
        // Engines of other tests have a meter of the same name: only this provider's codes count.
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            var (provider, type) = ("", "");
            foreach (var tag in tags)
            {
                if (tag.Key == "gen_ai.provider.name")
                    provider = tag.Value as string;
                else if (tag.Key == "error.type")
                    type = tag.Value as string;
            }

            if (provider == "inventive" && type is not null)
                types.Add(type);
        });
        _metrics.Publish("1.41");
        listener.Start();
        for (var i = 0; i < SeriesStore.MostNames + 5; i++)
        {
            var call = Call();
            var attempt = Begin(call, SomeCall.Deployment("inventive/m"));
            attempt.Sending();
            attempt.Fail(new CallError(CallErrorKind.UpstreamRejected, "No.") { Code = $"code-{i}" });
            _metrics.End(call, CallOutcome.Failed);
        }

        Assert.Equal(SeriesStore.MostNames + 1, types.Count);
        Assert.Contains("other", types);
    }

    [Fact]
    public void A_circuit_that_is_known_costs_an_attempt_of_a_tenant_no_memory()
    {
        var store = new SeriesStore();
        var settings = TelemetrySettings.From(new SwitchyardOptions(), ModelCatalog.Default)!;
        var circuit = new DeploymentPolicy { Circuit = new CircuitPolicy() };

        Assert.Equal(
            Allocated(SomeCall.Deployment("a/m")),
            Allocated(new Deployment("b", "m", new NoBinding(), new DeploymentState()) { Policy = circuit }));
        Assert.Single(store.Read(Measure.CircuitState));

        long Allocated(Deployment deployment)
        {
            store.Target(settings, deployment, CallOperation.Chat, "acme");
            store.Target(settings, deployment, CallOperation.Chat, "acme");
            return Allocations.Fewest(() => store.Target(settings, deployment, CallOperation.Chat, "acme"));
        }
    }

    [Covers("S000-71")]
    [Theory]
    [InlineData("1.41", "gen_ai.client.operation.duration", "gen_ai.client.token.usage")]
    [InlineData("next", "gen_ai.client.inference.duration", "gen_ai.client.inference.usage.input_tokens")]
    public async Task A_listener_gets_the_names_of_the_conventions_asked_for(string conventions, string duration, string tokens)
    {
        var provider = $"listened-{conventions.Replace('.', '-')}";
        var seen = new List<(string Name, double Value)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter.Name == "Switchyard")
                    listening.EnableMeasurementEvents(instrument);
            },
        };
        // Engines of other tests have a meter of the same name: only what names this provider counts.
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.Start();
        var services = new ServiceCollection();
        services.AddSwitchyard(options =>
        {
            options.AutoEnable = false;
            options.Telemetry.Semconv = conventions;
        }).AddProvider(provider, new Parrot(), null, "m");
        await using var built = services.BuildServiceProvider();

        await built.GetRequiredService<IChatClient>().GetResponseAsync(
            "hi", new ChatOptions { ModelId = $"{provider}/m" }, TestContext.Current.CancellationToken);
        listener.RecordObservableInstruments();

        lock (seen)
        {
            Assert.Contains(seen, one => one.Name == duration);
            Assert.Contains(seen, one => one.Name == tokens && one.Value == 4);
            Assert.Contains(seen, one => one.Name == "switchyard.requests" && one.Value == 1);
        }

        void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach (var tag in tags)
            {
                if (tag.Value as string == provider)
                {
                    lock (seen)
                        seen.Add((instrument.Name, value));
                }
            }
        }
    }

    [Covers("S001-04")]
    [Fact]
    public async Task A_tenant_in_the_options_is_the_calls_and_no_field_of_the_request()
    {
        var records = new List<CallRecord>();
        var parrot = new Parrot();
        var services = new ServiceCollection();
        services.AddSwitchyard(options => options.AutoEnable = false)
            .AddProvider("parrot", parrot, null, "m").AddSink(new EndedSink(records.Add));
        await using var built = services.BuildServiceProvider();
        var options = new ChatOptions { ModelId = "parrot/m", AdditionalProperties = new() { ["x-switchyard-tenant"] = "acme" } };

        await built.GetRequiredService<IChatClient>().GetResponseAsync("hi", options, TestContext.Current.CancellationToken);

        Assert.Equal("acme", Assert.Single(records).Tenant);
        Assert.False(parrot.Options?.AdditionalProperties?.ContainsKey("x-switchyard-tenant") is true);
        Assert.True(options.AdditionalProperties.ContainsKey("x-switchyard-tenant"));
    }

    private ModelCall Call() => SomeCall.Of(
        time: _clock,
        observer: new Ends(_metrics),
        sections: new CallSections().With(
            TelemetrySettings.Section, TelemetrySettings.From(new SwitchyardOptions(), ModelCatalog.Default)));

    private Attempt Begin(ModelCall call, Deployment deployment, AttemptAdmission admission = default)
    {
        var attempt = call.BeginAttempt(deployment, admission);
        _metrics.Begin(call, attempt);
        return attempt;
    }

    private void Try(ModelCall call, Deployment deployment, bool fails)
    {
        var attempt = Begin(call, deployment);
        attempt.Sending();
        _clock.Advance(TimeSpan.FromSeconds(1));
        if (fails)
            attempt.Fail(SomeCall.Error(CallErrorKind.UpstreamUnavailable));
        else
            attempt.End(AttemptOutcome.Finished, null);
    }

    private MetricFamily Family(ModelCall call, string name) => _metrics.Read(call.Snapshot)!.Single(family => family.Name == name);

    private IEnumerable<(string Provider, double Value)> ByProvider(ModelCall call, string name) =>
        Family(call, name).Samples.Select(sample => (sample.Labels[0], sample.Value));

    private sealed class Ends(EngineMetrics metrics) : ICallObserver
    {
        public void OnAttemptEnded(ModelCall call, Attempt attempt) => metrics.End(call, attempt);

        public void OnCallEnded(ModelCall call, CallResponse response)
        {
        }
    }

    private sealed class NoBinding : IDeploymentBinding;

    /// <summary>A provider that reports four and two tokens.</summary>
    private sealed class Parrot : IChatClient
    {
        public ChatOptions? Options { get; private set; }

        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
        {
            Options = options;
            return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, "hi"))
            {
                Usage = new UsageDetails { InputTokenCount = 4, OutputTokenCount = 2 },
            });
        }

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
