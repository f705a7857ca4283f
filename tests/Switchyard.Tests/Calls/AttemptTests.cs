using Microsoft.Extensions.Time.Testing;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Calls;

/// <summary>An attempt from its beginning to the end of its answer, in virtual time.</summary>
public sealed class AttemptTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly SeenEnds _ends = new();
    private readonly DeploymentState _state = new();

    [Fact]
    public void Its_times_are_those_of_sending_opening_and_ending()
    {
        var attempt = Begin();
        _time.Advance(TimeSpan.FromMilliseconds(1));
        attempt.Sending();
        _time.Advance(TimeSpan.FromMilliseconds(20));
        attempt.Opened();
        _time.Advance(TimeSpan.FromMilliseconds(300));
        var answer = new OpenAnswer();
        answer.Finish();
        attempt.End(answer);
        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(AttemptOutcome.Finished, attempt.Outcome);
        Assert.Equal(TimeSpan.FromMilliseconds(20), attempt.UpstreamTime);
        Assert.Equal(TimeSpan.FromMilliseconds(321), attempt.Duration);
    }

    [Fact]
    public void A_failure_before_sending_is_a_refusal_and_after_it_a_failure_whose_time_is_the_providers()
    {
        var refused = Begin();
        refused.Fail(SomeCall.Error(CallErrorKind.InvalidRequest));
        var failed = Begin();
        failed.Sending();
        _time.Advance(TimeSpan.FromSeconds(2));
        failed.Fail(SomeCall.Error(CallErrorKind.UpstreamUnavailable));

        Assert.Equal(AttemptOutcome.Refused, refused.Outcome);
        Assert.Equal(TimeSpan.Zero, refused.UpstreamTime);
        Assert.Equal(AttemptOutcome.Failed, failed.Outcome);
        Assert.Equal(TimeSpan.FromSeconds(2), failed.UpstreamTime);
    }

    [Fact]
    public void It_ends_once()
    {
        var attempt = Begin();
        attempt.Sending();
        attempt.Fail(SomeCall.Error(CallErrorKind.UpstreamTimeout));
        attempt.Fail(SomeCall.Error(CallErrorKind.Internal));
        attempt.End(AttemptOutcome.Finished, null);

        Assert.Equal(CallErrorKind.UpstreamTimeout, attempt.Error!.Kind);
        Assert.Single(_ends.Attempts);
        Assert.Equal((1L, 0), (_state.Attempts, _state.InFlight));
    }

    [Fact]
    public void A_client_that_leaves_says_nothing_of_the_deployment()
    {
        var left = Begin();
        left.Sending();
        left.Fail(SomeCall.Error(CallErrorKind.Canceled));
        var alsoLeft = Begin();
        alsoLeft.End(new OpenAnswer());

        Assert.Equal(AttemptOutcome.Abandoned, left.Outcome);
        Assert.Equal(AttemptOutcome.Abandoned, alsoLeft.Outcome);
        Assert.Equal((2L, 0L, 0), (_state.Attempts, _state.Failures, _state.FailuresInARow));
    }

    [Fact]
    public void Failures_in_a_row_end_with_a_finished_answer_and_not_with_a_clients_fault()
    {
        End(CallErrorKind.UpstreamUnavailable);
        End(CallErrorKind.UpstreamTimeout);
        End(CallErrorKind.UpstreamRejected);
        Assert.Equal((2L, 2), (_state.Failures, _state.FailuresInARow));

        End(null);
        Assert.Equal((2L, 0), (_state.Failures, _state.FailuresInARow));
        Assert.Equal(4, _state.Attempts);

        void End(CallErrorKind? kind)
        {
            var attempt = Begin();
            attempt.Sending();
            if (kind is { } failure)
                attempt.Fail(SomeCall.Error(failure));
            else
                attempt.End(AttemptOutcome.Finished, null);
        }
    }

    [Theory]
    [InlineData(CallErrorKind.UpstreamRejected, 400, 0)]
    [InlineData(CallErrorKind.UpstreamRejected, 402, 1)]
    [InlineData(CallErrorKind.UpstreamUnavailable, 502, 1)]
    [InlineData(CallErrorKind.StreamInterrupted, null, 1)]
    public void A_stream_that_its_provider_refuses_midway_is_no_failure_of_the_deployment(CallErrorKind kind, int? status, int failures)
    {
        var attempt = Begin();
        attempt.Sending();
        attempt.Opened();

        attempt.End(AttemptOutcome.BrokeOff, SomeCall.Error(kind) with { UpstreamStatus = status });

        Assert.Equal(AttemptOutcome.BrokeOff, attempt.Outcome);
        Assert.Equal((1L, failures, failures), (_state.Attempts, (int)_state.Failures, _state.FailuresInARow));
    }

    [Fact]
    public void Usage_is_replaced_field_by_field_and_kept_by_a_failed_attempt()
    {
        var attempt = Begin();
        attempt.Observe(new TokenUsage { Input = 9 });
        attempt.Observe(new TokenUsage { Input = 10, Output = 2 });
        attempt.Observe(new TokenUsage { Output = 3 });
        attempt.Sending();
        attempt.Fail(SomeCall.Error(CallErrorKind.UpstreamUnavailable));

        Assert.Equal(new TokenUsage { Input = 10, Output = 3 }, attempt.Usage);
    }

    [Fact]
    public async Task A_step_that_answers_in_the_providers_place_leaves_no_attempt_open()
    {
        var call = SomeCall.Of(SomeCall.RouteTo("a/m"), observer: _ends);
        call.BeginAttempt(SomeCall.Deployment("a/m", state: _state));
        await new OpenAnswer().EndsCall(call).DisposeAsync();

        Assert.Equal([("a/m", AttemptOutcome.Abandoned)], _ends.Attempts);
        Assert.Equal(0, _state.InFlight);
        Assert.Single(_ends.Calls);
    }

    private Attempt Begin() => SomeCall.Of(time: _time, observer: _ends).BeginAttempt(SomeCall.Deployment("a/m", state: _state));
}
