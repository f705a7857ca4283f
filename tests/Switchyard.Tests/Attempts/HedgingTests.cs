using Switchyard.Attempts;
using Switchyard.Calls;
using Switchyard.Targets;
using Switchyard.Tests.Calls;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Attempts;

/// <summary>A second target is called if the first is late; in virtual time.</summary>
public sealed class HedgingTests
{
    private static readonly TimeSpan s_late = TimeSpan.FromMilliseconds(800);

    private readonly TestClock _clock = new();
    private readonly SeenEnds _ends = new();
    private readonly Dictionary<string, TaskCompletionSource<CallResponse>> _answers = [];
    private readonly Dictionary<string, Attempt> _seen = [];

    [Fact]
    public async Task A_target_that_is_not_late_is_asked_alone()
    {
        var call = Call(s_late, "a/m", "b/m");
        var running = Run(call);
        _clock.Advance(s_late - TimeSpan.FromMilliseconds(1));
        _answers["a/m"].SetResult(new OpenAnswer());

        Assert.Null((await running).Error);
        Assert.Equal(1, call.AttemptCount);
        Assert.Equal(0, _clock.TimerCount);
    }

    [Fact]
    public async Task The_first_open_answer_wins_and_the_other_is_cut_off_at_once()
    {
        var call = Call(s_late, "a/m", "b/m");
        var running = Run(call);
        _clock.Advance(s_late);
        await Asked("b/m");
        Assert.True(_seen["b/m"].IsHedge);
        Assert.False(_seen["a/m"].Aborted.IsCancellationRequested);

        var answer = new OpenAnswer(_seen["b/m"]);
        _answers["b/m"].SetResult(answer);

        Assert.Same(answer, await running);
        Assert.Equal("b/m", call.Attempt!.Deployment.ToString());
        Assert.Equal(["a/m", "b/m"], call.Attempts.Select(attempt => attempt.Deployment.ToString()));
        Assert.True(_seen["a/m"].Aborted.IsCancellationRequested);
        Assert.False(_seen["b/m"].Aborted.IsCancellationRequested);
    }

    [Fact]
    public async Task The_first_target_may_still_win_and_is_then_the_last_attempt()
    {
        var call = Call(s_late, "a/m", "b/m");
        var running = Run(call);
        _clock.Advance(s_late);
        await Asked("b/m");
        _answers["a/m"].SetResult(new OpenAnswer(_seen["a/m"]));

        Assert.Null((await running).Error);
        Assert.Equal("a/m", call.Attempt!.Deployment.ToString());
        Assert.Equal(["b/m", "a/m"], call.Attempts.Select(attempt => attempt.Deployment.ToString()));
        Assert.True(_seen["b/m"].Aborted.IsCancellationRequested);
    }

    [Fact]
    public async Task The_call_ends_only_after_the_attempt_that_lost_and_that_one_is_accounted()
    {
        var call = Call(s_late, "a/m", "b/m");
        var running = Run(call);
        _clock.Advance(s_late);
        await Asked("b/m");
        var answer = new OpenAnswer(_seen["b/m"]);
        _answers["b/m"].SetResult(answer);
        var response = (await running).EndsCall(call);
        answer.Finish();

        var ending = response.DisposeAsync();
        Assert.False(ending.IsCompleted);
        Assert.Empty(_ends.Calls);

        var late = new OpenAnswer(_seen["a/m"]);
        _seen["a/m"].Observe(new() { Input = 7 });
        _answers["a/m"].SetResult(late);
        await ending;

        Assert.True(late.IsReleased);
        Assert.Single(_ends.Calls);
        Assert.Equal([("b/m", AttemptOutcome.Finished), ("a/m", AttemptOutcome.Abandoned)], _ends.Attempts);
        Assert.Equal(7, call.Attempts[0].Usage.Input);
        Assert.All(call.Attempts, attempt => Assert.Equal(0, attempt.Deployment.State.InFlight));
        Assert.All(call.Attempts, attempt => Assert.Equal(0, attempt.Deployment.State.FailuresInARow));
    }

    [Fact]
    public async Task A_failure_of_one_leaves_the_other_to_answer()
    {
        var call = Call(s_late, "a/m", "b/m", "c/m");
        var running = Run(call);
        _clock.Advance(s_late);
        await Asked("b/m");
        Fail("b/m");
        Assert.False(running.IsCompleted);
        _answers["a/m"].SetResult(new OpenAnswer());

        Assert.Null((await running).Error);
        Assert.Equal("a/m", call.Attempt!.Deployment.ToString());
        Assert.DoesNotContain("c/m", _seen.Keys);
    }

    [Fact]
    public async Task When_both_fail_the_next_target_is_tried()
    {
        var call = Call(s_late, "a/m", "b/m", "c/m");
        var running = Run(call);
        _clock.Advance(s_late);
        await Asked("b/m");
        Fail("b/m");
        Fail("a/m");
        await Asked("c/m");
        _answers["c/m"].SetResult(new OpenAnswer());

        Assert.Null((await running).Error);
        Assert.Equal(3, call.AttemptCount);
        Assert.False(call.Attempt!.IsHedge);
    }

    [Fact]
    public async Task A_client_that_leaves_ends_both()
    {
        using var client = new CancellationTokenSource();
        var call = Call(s_late, client.Token, "a/m", "b/m");
        var running = Run(call);
        _clock.Advance(s_late);
        await Asked("b/m");
        await client.CancelAsync();

        Assert.All(_seen.Values, attempt => Assert.True(attempt.Aborted.IsCancellationRequested));
        Fail("a/m", CallErrorKind.Canceled);
        Fail("b/m", CallErrorKind.Canceled);
        Assert.Equal(CallErrorKind.Canceled, (await running).Error!.Kind);
    }

    [Fact]
    public async Task A_step_of_the_host_sees_the_attempt_it_runs_for_although_two_run()
    {
        var call = Call(s_late, "a/m", "b/m");
        var seen = new List<(string Before, string After)>();
        var running = Loop().InvokeAsync(call, async inner =>
        {
            var before = inner.Attempt!;
            var response = await Answer(inner);
            seen.Add(($"{before.Deployment}", $"{inner.Attempt!.Deployment}"));
            return response;
        }).AsTask();
        _clock.Advance(s_late);
        await Asked("b/m");
        _answers["a/m"].SetResult(new OpenAnswer());
        await running;
        _answers["b/m"].SetResult(new OpenAnswer());
        await call.Race!.LosersEnded;

        Assert.Equal([("a/m", "a/m"), ("b/m", "b/m")], seen);
    }

    [Fact]
    public async Task The_share_of_hedged_calls_is_bounded()
    {
        var rule = new HedgeRule(s_late, null, max: 0.05);
        var hedged = 0;
        for (var i = 0; i < 200; i++)
        {
            _seen.Clear();
            var call = Call(rule, default, "a/m", "b/m");
            var running = Run(call);
            _clock.Advance(s_late);
            hedged += call.AttemptCount - 1;
            _answers["a/m"].SetResult(new OpenAnswer());
            await running;
            if (call.AttemptCount > 1)
                _answers["b/m"].SetResult(new OpenAnswer());
        }

        Assert.InRange(hedged, 10, 11);
    }

    [Fact]
    public async Task No_hedge_goes_to_a_target_that_is_not_well()
    {
        var call = Call(s_late, "a/m", "b/m");
        call.Route!.Groups[1].Deployments[0].State.CoolUntil(TimeSpan.MaxValue);
        var running = Run(call);
        _clock.Advance(s_late * 10);
        _answers["a/m"].SetResult(new OpenAnswer());

        await running;
        Assert.Equal(1, call.AttemptCount);
    }

    [Fact]
    public async Task By_a_percentile_nothing_is_late_until_twenty_latencies_are_known()
    {
        var rule = new HedgeRule(null, 0.95, max: 1);
        var route = Route(rule, "a/m", "b/m");
        for (var i = 0; i < RecentLatencies.Fewest; i++)
        {
            var call = Call(route, default);
            var running = Run(call);
            Assert.Equal(0, _clock.TimerCount);
            call.Attempt!.Sending();
            _clock.Advance(TimeSpan.FromMilliseconds(100));
            call.Attempt.Opened();
            _answers["a/m"].SetResult(new OpenAnswer());
            await running;
            call.Attempt.End(AttemptOutcome.Finished, null);
        }

        var late = Call(route, default);
        var hedged = Run(late);
        _clock.Advance(TimeSpan.FromMilliseconds(90));
        Assert.Equal(1, late.AttemptCount);
        _clock.Advance(TimeSpan.FromMilliseconds(30));
        await Asked("b/m");
        _answers["b/m"].SetResult(new OpenAnswer());
        await hedged;
        _answers["a/m"].SetResult(new OpenAnswer());
        Assert.Equal(2, late.AttemptCount);
    }

    [Fact]
    public void A_percentile_fades()
    {
        var histogram = new RecentLatencies();
        for (var i = 0; i < 100; i++)
            histogram.Add(TimeSpan.FromMilliseconds(i < 90 ? 100 : 2000), TimeSpan.Zero);

        Assert.InRange(histogram.Percentile(0.5, TimeSpan.Zero)!.Value.TotalMilliseconds, 100, 110);
        Assert.InRange(histogram.Percentile(0.95, TimeSpan.Zero)!.Value.TotalMilliseconds, 2000, 2200);
        Assert.Null(histogram.Percentile(0.5, TimeSpan.FromMinutes(20)));
    }

    private ModelCall Call(TimeSpan after, params string[] targets) => Call(after, default, targets);

    private ModelCall Call(TimeSpan after, CancellationToken aborted, params string[] targets) =>
        Call(new HedgeRule(after, null, max: 1), aborted, targets);

    private ModelCall Call(HedgeRule rule, CancellationToken aborted, params string[] targets) => Call(Route(rule, targets), aborted);

    private ModelCall Call(Route route, CancellationToken aborted)
    {
        foreach (var target in route.Groups.SelectMany(group => group.Deployments))
            _answers[target.ToString()] = new();
        _seen.Clear();
        return SomeCall.Of(route, _clock, observer: _ends, aborted: aborted);
    }

    private static Route Route(HedgeRule rule, params string[] targets)
    {
        var groups = SomeCall.RouteTo(targets).Groups;
        return new Route("any", [.. groups]) { Rules = new() { Hedge = rule } };
    }

    private AttemptLoop Loop() => new(new Random(1), new RetryBudget(_clock), new AttemptLog(null));

    private Task<CallResponse> Run(ModelCall call) => Loop().InvokeAsync(call, Answer).AsTask();

    private async ValueTask<CallResponse> Answer(ModelCall call)
    {
        var attempt = call.Attempt!;
        lock (_seen)
            _seen[attempt.Deployment.ToString()] = attempt;
        return await _answers[attempt.Deployment.ToString()].Task;
    }

    /// <summary>Waits until a target has been called: a timer's continuation runs on a thread of the pool.</summary>
    private async Task Asked(string target)
    {
        while (true)
        {
            lock (_seen)
            {
                if (_seen.ContainsKey(target))
                    return;
            }

            await Task.Yield();
        }
    }

    private void Fail(string target, CallErrorKind kind = CallErrorKind.UpstreamUnavailable)
    {
        var error = SomeCall.Error(kind);
        _seen[target].Sending();
        _seen[target].Fail(error);
        _answers[target].SetResult(new FailedResponse(error));
    }
}
