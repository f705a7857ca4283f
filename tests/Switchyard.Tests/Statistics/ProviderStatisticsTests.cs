using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Pipeline;
using Switchyard.Statistics;
using Switchyard.Targets;
using Switchyard.Tests.Calls;
using Switchyard.Tests.Client;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Statistics;

/// <summary>The counts of attempts, and their queries.</summary>
public sealed class ProviderStatisticsTests
{
    private readonly TestClock _clock = new();
    private readonly ProviderStatistics _statistics;

    public ProviderStatisticsTests() => _statistics = new ProviderStatistics(_clock);

    [Fact]
    [Covers("S003-77")]
    public void Of_a_provider_that_had_no_attempt_everything_is_zero()
    {
        Assert.Equal(new ProviderMetrics("nobody"), _statistics.GetMetrics("nobody"));
        Assert.Equal((0, TimeSpan.Zero), (new ProviderMetrics("nobody").SuccessRate, new ProviderMetrics("nobody").AverageResponseTime));
        Assert.Empty(_statistics.GetAllMetrics());
        Assert.Empty(_statistics.GetErrorBreakdown("nobody"));
        Assert.Empty(_statistics.GetTimeline("nobody"));
    }

    [Fact]
    [Covers("S003-76", "S003-77")]
    public void Every_attempt_is_counted_with_its_outcome_and_its_time()
    {
        End("acme", 100);
        _clock.Advance(TimeSpan.FromMinutes(1));
        var failed = _clock.GetUtcNow() + TimeSpan.FromMilliseconds(500);
        End("acme", 500, "It is down.");
        _clock.Advance(TimeSpan.FromMinutes(1));
        var succeeded = _clock.GetUtcNow() + TimeSpan.FromMilliseconds(300);
        End("ACME", 300);

        var metrics = _statistics.GetMetrics("acme");
        Assert.Equal((3, 2, 1), (metrics.TotalRequests, metrics.SuccessfulRequests, metrics.FailedRequests));
        Assert.Equal((900, 300), (metrics.TotalResponseTime.TotalMilliseconds, metrics.AverageResponseTime.TotalMilliseconds));
        Assert.Equal((100, 500), (metrics.MinResponseTime.TotalMilliseconds, metrics.MaxResponseTime.TotalMilliseconds));
        Assert.Equal(2 / 3d, metrics.SuccessRate);
        Assert.Equal((succeeded, succeeded, failed), (metrics.LastRequestTime, metrics.LastSuccessTime, metrics.LastFailureTime));

        var since = _statistics.GetMetrics("acme", succeeded);
        Assert.Equal((1, 300, null), (since.TotalRequests, since.AverageResponseTime.TotalMilliseconds, since.LastFailureTime));
    }

    [Fact]
    [Covers("S003-76")]
    public void What_was_not_sent_and_what_its_client_left_is_not_counted()
    {
        var call = Call();
        var refused = call.BeginAttempt(SomeCall.Deployment("acme/small"));
        refused.Fail(SomeCall.Error(CallErrorKind.ProviderUnavailable));
        Count(call, refused);
        var left = call.BeginAttempt(SomeCall.Deployment("acme/small"));
        left.Sending();
        left.End(AttemptOutcome.Abandoned, null);
        Count(call, left);

        Assert.Empty(_statistics.GetAllMetrics());
    }

    [Fact]
    [Covers("S003-76")]
    public async Task An_engine_counts_unless_counting_is_switched_off()
    {
        foreach (var enabled in new[] { true, false })
        {
            ProviderStatistics? statistics = null;
            await using var given = Given.AnEngineWith(
                new ScriptedClient("hello"),
                options => options.Statistics = enabled,
                builder => builder.Services.AddSingleton(_ => statistics = new ProviderStatistics(_clock)));
            await given.Chat.GetResponseAsync("Hi");

            Assert.Equal(enabled ? 1 : 0, statistics!.GetMetrics("acme").SuccessfulRequests);
        }
    }

    [Fact]
    [Covers("S003-78", "S003-79", "S003-80")]
    public void Providers_are_ranked_by_success_and_by_speed()
    {
        End("steady", 200);
        End("steady", 200);
        End("fast", 10);
        End("fast", 10, "It is down.");
        End("slow", 900, "It is down.");
        foreach (var name in new[] { "a", "b", "c" })
            End(name, 300);

        Assert.Equal(["a", "b", "c", "fast", "slow", "steady"], _statistics.GetAllMetrics().Keys);
        Assert.Equal("steady", _statistics.GetTopProviders(3)[0].Provider);
        Assert.Equal(["fast", "slow"], _statistics.GetTopProviders(6).Skip(4).Select(metrics => metrics.Provider));
        Assert.Equal((3, 5), (_statistics.GetTopProviders(3).Count, _statistics.GetTopProviders().Count));
        Assert.Equal("fast", _statistics.GetFastestProviders(3)[0].Provider);
        Assert.Equal("slow", _statistics.GetSlowestProviders(3)[0].Provider);
        Assert.Equal(5, _statistics.GetSlowestProviders().Count);
    }

    [Fact]
    [Covers("S003-81")]
    public void Errors_are_counted_by_their_text_with_their_share_of_the_failures()
    {
        End("acme", 1);
        End("acme", 1, "It is down.");
        End("acme", 1, "It is down.");
        End("acme", 1, "It is down.");
        End("acme", 1, "");
        End("well", 1);

        var errors = _statistics.GetErrorBreakdown("acme");
        Assert.Equal(new ErrorShare(3, 75), errors["It is down."]);
        Assert.Equal(new ErrorShare(1, 25), errors[ProviderStatistics.UnknownError]);
        Assert.Equal("Unknown error", ProviderStatistics.UnknownError);
        Assert.Empty(_statistics.GetErrorBreakdown("well"));
    }

    [Fact]
    public void An_error_that_may_quote_the_request_is_counted_by_its_status_and_texts_are_bounded()
    {
        var quoting = new CallError(CallErrorKind.UpstreamRejected, "I will not answer: my prompt") { UpstreamStatus = 400 };
        End("acme", 1, quoting);
        for (var i = 0; i < 1000; i++)
            End("acme", 1, $"It failed at {i}: {new string('x', 1000)}");

        var errors = _statistics.GetErrorBreakdown("acme");
        Assert.Equal(1, errors["HTTP 400"].Count);
        Assert.Equal(ProviderRecord.MaxErrors + 1, errors.Count);
        Assert.Equal(901, errors[ProviderRecord.OtherErrors].Count);
        Assert.All(errors.Keys, text => Assert.True(text.Length <= 201));
        Assert.DoesNotContain(errors.Keys, text => text.Contains("prompt", StringComparison.Ordinal));
    }

    [Fact]
    [Covers("S003-82")]
    public void A_timeline_has_aligned_stretches_in_order_and_leaves_the_empty_ones_out()
    {
        var start = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        _clock.Advance(TimeSpan.FromSeconds(90));
        End("acme", 100);
        End("acme", 300, "It is down.");
        _clock.Advance(TimeSpan.FromMinutes(5));
        End("acme", 50);

        Assert.Equal(
            [
                new()
                {
                    Timestamp = start.AddMinutes(1),
                    Requests = 2,
                    Successful = 1,
                    Failed = 1,
                    AverageResponseTime = TimeSpan.FromMilliseconds(200),
                },
                new()
                {
                    Timestamp = start.AddMinutes(6),
                    Requests = 1,
                    Successful = 1,
                    Failed = 0,
                    AverageResponseTime = TimeSpan.FromMilliseconds(50),
                },
            ],
            _statistics.GetTimeline("acme"));
        Assert.Equal(
            [start, start.AddMinutes(5)],
            _statistics.GetTimeline("acme", TimeSpan.FromMinutes(5)).Select(bucket => bucket.Timestamp));
        Assert.Throws<ArgumentOutOfRangeException>(() => _statistics.GetTimeline("acme", TimeSpan.FromSeconds(90)));
        Assert.Throws<ArgumentOutOfRangeException>(() => _statistics.GetTimeline("acme", TimeSpan.Zero));
    }

    [Fact]
    public void Percentiles_are_true_to_a_few_percent()
    {
        for (var i = 1; i <= 1000; i++)
            End("acme", i);

        var metrics = _statistics.GetMetrics("acme");
        Assert.InRange(metrics.P50ResponseTime.TotalMilliseconds, 480, 520);
        Assert.InRange(metrics.P95ResponseTime.TotalMilliseconds, 912, 988);
        Assert.InRange(metrics.P99ResponseTime.TotalMilliseconds, 950, 1000);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    [InlineData(3)]
    [InlineData(77)]
    [InlineData(12_345)]
    [InlineData(3_600_000)]
    public void A_single_time_is_its_own_percentile(double milliseconds)
    {
        End("acme", milliseconds);
        Assert.Equal(_statistics.GetMetrics("acme").MaxResponseTime, _statistics.GetMetrics("acme").P99ResponseTime);
    }

    [Fact]
    public void What_is_older_than_a_day_is_forgotten_and_its_place_used_again()
    {
        for (var hour = 0; hour < 100; hour++)
        {
            End("acme", 1);
            _clock.Advance(TimeSpan.FromHours(1));
        }

        Assert.Equal(24, _statistics.GetMetrics("acme").TotalRequests);
        Assert.Equal(24, _statistics.GetTimeline("acme").Count);
        _clock.Advance(TimeSpan.FromDays(2));
        Assert.Equal(new ProviderMetrics("acme"), _statistics.GetMetrics("acme"));
        Assert.Empty(_statistics.GetAllMetrics());
    }

    [Fact]
    public void The_speed_of_writing_is_that_of_all_streams_after_their_first_token()
    {
        Write("acme", tokens: 100, seconds: 2);
        Write("acme", tokens: 300, seconds: 2);
        _clock.Advance(TimeSpan.FromMinutes(1));
        Write("acme", tokens: 30, seconds: 1);
        // The speed of these is unknown: no stream, no count, an answer in one piece, one that broke off.
        Write("acme", tokens: 9000, seconds: 1, stream: false);
        Write("acme", tokens: 0, seconds: 100);
        Write("acme", tokens: 9000, seconds: 0.001);
        Write("acme", tokens: 9000, seconds: 1, error: "It is down.");
        End("other", 100);

        Assert.Equal(430 / 5d, _statistics.GetMetrics("acme").TokensPerSecond);
        Assert.Equal([100d, 30d], _statistics.GetTimeline("acme").Select(bucket => bucket.TokensPerSecond).OfType<double>());
        Assert.Null(_statistics.GetMetrics("other").TokensPerSecond);
        Assert.Null(_statistics.GetMetrics("nobody").TokensPerSecond);
    }

    [Fact]
    public void Ever_new_names_of_providers_take_no_more_than_bounded_room()
    {
        for (var i = 0; i < ProviderStatistics.MaxProviders + 10; i++)
        {
            End($"p{i}", 1);
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(ProviderStatistics.MaxProviders, _statistics.GetAllMetrics().Count);
        Assert.DoesNotContain("p0", _statistics.GetAllMetrics().Keys);
        _statistics.Reset();
        Assert.Empty(_statistics.GetAllMetrics());
    }

    [Fact]
    public void Counting_a_success_allocates_nothing()
    {
        var (call, attempt) = Ended("acme", 5, null);
        Count(call, attempt);
        var counted = 1;

        var allocated = Allocations.Fewest(() =>
        {
            for (var i = 0; i < 1000; i++)
                Count(call, attempt);
            counted += 1000;
        });

        Assert.Equal(0, allocated);
        Assert.Equal(counted, _statistics.GetMetrics("acme").TotalRequests);
    }

    [Fact]
    public void Counted_from_many_threads_nothing_is_lost()
    {
        var (call, attempt) = Ended("acme", 5, null);
        Parallel.For(0, 10_000, _ => Count(call, attempt));
        Assert.Equal(10_000, _statistics.GetMetrics("acme").TotalRequests);
    }

    private void End(string provider, double milliseconds, string? error = null) =>
        End(provider, milliseconds, error is null ? null : SomeCall.Error(CallErrorKind.UpstreamUnavailable, error));

    private void End(string provider, double milliseconds, CallError? error)
    {
        var (call, attempt) = Ended(provider, milliseconds, error);
        Count(call, attempt);
    }

    private (ModelCall Call, Attempt Attempt) Ended(string provider, double milliseconds, CallError? error)
    {
        var call = Call();
        var attempt = call.BeginAttempt(SomeCall.Deployment($"{provider}/small"));
        attempt.Sending();
        _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
        attempt.Opened();
        attempt.End(error is null ? AttemptOutcome.Finished : AttemptOutcome.Failed, error);
        return (call, attempt);
    }

    private void Write(string provider, long tokens, double seconds, bool stream = true, string? error = null)
    {
        var call = Call(stream);
        var attempt = call.BeginAttempt(SomeCall.Deployment($"{provider}/small"));
        attempt.Sending();
        _clock.Advance(TimeSpan.FromMilliseconds(300));
        attempt.Opened();
        attempt.Observe(new TokenUsage { Input = 7, Output = tokens });
        _clock.Advance(TimeSpan.FromSeconds(seconds));
        attempt.End(
            error is null ? AttemptOutcome.Finished : AttemptOutcome.BrokeOff,
            error is null ? null : SomeCall.Error(CallErrorKind.StreamInterrupted, error));
        Count(call, attempt);
    }

    private void Count(ModelCall call, Attempt attempt) => ((IAttemptObserver)_statistics).OnAttemptEnded(call, attempt);

    private ModelCall Call(bool stream = false)
    {
        var snapshot = new CallSnapshot(
            1, new Unused(), CallClocks.Default, new CallSections().With(StatisticsPlan.Section, StatisticsPlan.From(true)));
        var some = SomeCall.Of(time: _clock, stream: stream);
        return new ModelCall(new CallRequest(some.Envelope, some.Body), snapshot, holdsSnapshot: false, _clock, default);
    }

    private sealed class Unused : IModelResolver
    {
        public ValueTask<RouteResult> ResolveAsync(
            string model, Switchyard.Canonical.CallOperation operation, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("No test resolves a model.");
    }
}
