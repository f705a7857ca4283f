using Switchyard.Attempts;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Targets;
using Switchyard.Tests.Calls;
using Xunit;

namespace Switchyard.Tests.Attempts;

/// <summary>The attempt loop alone: the errors after which it continues or stops, and the outcome of each attempt.</summary>
public sealed class AttemptLoopTests
{
    private readonly SeenEnds _ends = new();
    private readonly List<string> _tried = [];

    [Fact]
    public async Task One_deployment_is_tried_once_and_its_answer_passed_on()
    {
        var (response, call) = await RunAsync(["a/m"], new OpenAnswer());

        Assert.IsType<OpenAnswer>(response);
        Assert.Equal(["a/m"], _tried);
        Assert.Equal(1, call.AttemptCount);
        Assert.Equal(AttemptOutcome.Running, call.Attempt!.Outcome);
    }

    [Theory]
    [InlineData(CallErrorKind.UpstreamUnavailable)]
    [InlineData(CallErrorKind.UpstreamTimeout)]
    [InlineData(CallErrorKind.UpstreamRateLimited)]
    [InlineData(CallErrorKind.UpstreamAuthenticationFailed)]
    [InlineData(CallErrorKind.ProviderUnavailable)]
    public async Task A_failure_of_the_target_leads_to_the_next(CallErrorKind kind)
    {
        var (response, call) = await RunAsync(["a/m", "b/m"], kind, new OpenAnswer());

        Assert.Null(response.Error);
        Assert.Equal(["a/m", "b/m"], _tried);
        Assert.Equal("b/m", call.Attempt!.Deployment.ToString());
        Assert.Equal(kind, call.Attempts[0].Error!.Kind);
    }

    [Theory]
    [InlineData(CallErrorKind.InvalidRequest)]
    [InlineData(CallErrorKind.UpstreamRejected)]
    [InlineData(CallErrorKind.Internal)]
    [InlineData(CallErrorKind.LoopDetected)]
    public async Task A_failure_that_another_target_would_share_is_the_answer(CallErrorKind kind)
    {
        var (response, _) = await RunAsync(["a/m", "b/m"], kind, new OpenAnswer());

        Assert.Equal(kind, response.Error!.Kind);
        Assert.Equal(["a/m"], _tried);
    }

    [Fact]
    public async Task When_all_fail_the_last_failure_is_the_answer_and_each_attempt_keeps_its_own()
    {
        var (response, call) = await RunAsync(
            ["a/m", "b/m", "c/m"], CallErrorKind.UpstreamUnavailable, CallErrorKind.UpstreamTimeout, CallErrorKind.UpstreamRateLimited);

        Assert.Equal(CallErrorKind.UpstreamRateLimited, response.Error!.Kind);
        Assert.Equal(
            [CallErrorKind.UpstreamUnavailable, CallErrorKind.UpstreamTimeout, CallErrorKind.UpstreamRateLimited],
            call.Attempts.Select(attempt => attempt.Error!.Kind));
    }

    [Fact]
    public async Task At_most_four_are_tried()
    {
        var (_, call) = await RunAsync(
            ["a/m", "b/m", "c/m", "d/m", "e/m"], [.. Enumerable.Repeat<object>(CallErrorKind.UpstreamUnavailable, 5)]);

        Assert.Equal(["a/m", "b/m", "c/m", "d/m"], _tried);
        Assert.Equal(4, call.AttemptCount);
    }

    [Fact]
    public async Task The_same_deployment_may_stand_in_a_route_twice()
    {
        var (response, call) = await RunAsync(["a/m", "a/m"], CallErrorKind.UpstreamUnavailable, new OpenAnswer());

        Assert.Null(response.Error);
        Assert.Equal(["a/m", "a/m"], _tried);
        Assert.NotSame(call.Attempts[0], call.Attempts[1]);
    }

    [Fact]
    public async Task Nothing_is_tried_for_a_client_that_has_left()
    {
        using var client = new CancellationTokenSource();
        var call = SomeCall.Of(SomeCall.RouteTo("a/m", "b/m"), observer: _ends, aborted: client.Token);
        var response = await Loop().InvokeAsync(call, _ =>
        {
            client.Cancel();
            return Fail(call, CallErrorKind.UpstreamUnavailable);
        });

        Assert.Equal(CallErrorKind.UpstreamUnavailable, response.Error!.Kind);
        Assert.Equal(1, call.AttemptCount);
    }

    [Fact]
    public async Task Nothing_is_tried_once_a_byte_has_reached_the_client()
    {
        var call = SomeCall.Of(SomeCall.RouteTo("a/m", "b/m"), observer: _ends);
        var response = await Loop().InvokeAsync(call, _ =>
        {
            call.Commit();
            return Fail(call, CallErrorKind.UpstreamUnavailable);
        });

        Assert.Equal(1, call.AttemptCount);
        Assert.NotNull(response.Error);
    }

    [Fact]
    public async Task A_failure_in_the_middle_of_an_answer_is_not_tried_again()
    {
        var (response, call) = await RunAsync(["a/m", "b/m"], new OpenAnswer());
        ((OpenAnswer)response).Break(SomeCall.Error(CallErrorKind.UpstreamUnavailable));
        call.Attempt!.End(response);

        Assert.Equal(["a/m"], _tried);
        Assert.Equal([("a/m", AttemptOutcome.BrokeOff)], _ends.Attempts);
        Assert.Equal(1, call.Attempt.Deployment.State.FailuresInARow);
    }

    [Fact]
    public async Task A_failed_answer_is_given_back_before_the_next_is_tried()
    {
        var failed = new OpenAnswer();
        failed.Break(SomeCall.Error(CallErrorKind.UpstreamUnavailable));
        var given = false;
        var call = SomeCall.Of(SomeCall.RouteTo("a/m", "b/m"), observer: _ends);
        await Loop().InvokeAsync(call, _ =>
        {
            if (call.AttemptCount == 1)
                return new(failed);
            given = failed.IsReleased;
            return new(new OpenAnswer());
        });

        Assert.True(given);
    }

    [Fact]
    public async Task An_attempt_that_a_step_refused_is_ended_as_refused()
    {
        var call = SomeCall.Of(SomeCall.RouteTo("a/m", "b/m"), observer: _ends);
        await Loop().InvokeAsync(call, _ => new(call.AttemptCount == 1
            ? new FailedResponse(SomeCall.Error(CallErrorKind.ProviderUnavailable))
            : new OpenAnswer()));

        Assert.Equal([("a/m", AttemptOutcome.Refused)], _ends.Attempts);
        Assert.Equal(0, call.Attempts[0].Deployment.State.Failures);
    }

    [Fact]
    public async Task Deployments_of_a_group_are_tried_in_the_order_of_its_selector()
    {
        var group = new TargetGroup(new Backwards(), SomeCall.Deployment("a/m"), SomeCall.Deployment("b/m"), SomeCall.Deployment("c/m"));
        var call = SomeCall.Of(new Route("any", group), observer: _ends);
        await Loop().InvokeAsync(call, _ =>
        {
            _tried.Add(call.Attempt!.Deployment.ToString());
            return Fail(call, CallErrorKind.UpstreamUnavailable);
        });

        Assert.Equal(["c/m", "b/m", "a/m"], _tried);
    }

    private async Task<(CallResponse Response, ModelCall Call)> RunAsync(string[] targets, params object[] script)
    {
        var call = SomeCall.Of(SomeCall.RouteTo(targets), observer: _ends);
        var response = await Loop().InvokeAsync(call, _ =>
        {
            _tried.Add(call.Attempt!.Deployment.ToString());
            return script[call.AttemptCount - 1] is CallErrorKind kind
                ? Fail(call, kind)
                : new((CallResponse)script[call.AttemptCount - 1]);
        });
        return (response, call);
    }

    private static AttemptLoop Loop() => new(new Random(1), new RetryBudget(TimeProvider.System), new AttemptLog(null));

    private static ValueTask<CallResponse> Fail(ModelCall call, CallErrorKind kind)
    {
        call.Attempt!.Sending();
        call.Attempt.Fail(SomeCall.Error(kind));
        return new(new FailedResponse(SomeCall.Error(kind)));
    }

    private sealed class Backwards : IDeploymentSelector
    {
        public void Score(Span<Candidate> candidates, in SelectionFacts facts, ref SeededRandom random)
        {
            for (var i = 0; i < candidates.Length; i++)
                candidates[i].Score = -i;
        }
    }
}
