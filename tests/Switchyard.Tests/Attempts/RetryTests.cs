using Switchyard.Attempts;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Pipeline;
using Switchyard.Routing.Selectors;
using Switchyard.Targets;
using Switchyard.Tests.Calls;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Attempts;

/// <summary>When a target is retried, the wait before, and the end of retries; in virtual time.</summary>
public sealed class RetryTests
{
    private readonly TestClock _clock = new();
    private readonly List<string> _tried = [];
    private readonly List<TimeSpan> _times = [];

    [Theory]
    [InlineData(CallErrorKind.UpstreamRateLimited, 429)]
    [InlineData(CallErrorKind.UpstreamTimeout, 408)]
    [InlineData(CallErrorKind.UpstreamUnavailable, 500)]
    [InlineData(CallErrorKind.UpstreamUnavailable, 503)]
    [InlineData(CallErrorKind.UpstreamUnavailable, null)]
    [Covers("S001-49", "S002-19", "S002-20", "S002-21", "S002-22", "S002-26")]
    public async Task A_passing_failure_is_tried_four_times_and_the_last_error_is_the_answer(CallErrorKind kind, int? status)
    {
        var (response, call) = await RunAsync([Of("a/m")], [.. Enumerable.Repeat(Failure(kind, status), 9)]);

        Assert.Equal(kind, response.Error!.Kind);
        Assert.Equal(4, call.AttemptCount);
        Assert.Equal(
            [.. Enumerable.Repeat(("a", "m", status), 4)],
            response.Error.Attempts.Select(attempt => (attempt.Provider, attempt.Model, attempt.Status)));
        Assert.All(response.Error.Attempts, attempt => Assert.NotEmpty(attempt.Message));
    }

    [Theory]
    [InlineData(CallErrorKind.UpstreamRejected, 400)]
    [InlineData(CallErrorKind.UpstreamRejected, 404)]
    [InlineData(CallErrorKind.UpstreamRejected, 422)]
    [InlineData(CallErrorKind.UpstreamAuthenticationFailed, 401)]
    [InlineData(CallErrorKind.UpstreamAuthenticationFailed, 403)]
    [InlineData(CallErrorKind.UpstreamUnavailable, 200)]
    [InlineData(CallErrorKind.UpstreamUnavailable, 302)]
    [InlineData(CallErrorKind.InvalidRequest, null)]
    [InlineData(CallErrorKind.Canceled, null)]
    [InlineData(CallErrorKind.Internal, null)]
    [Covers("S002-27", "S001-54")]
    public async Task What_another_try_would_not_change_is_tried_once(CallErrorKind kind, int? status)
    {
        var (response, call) = await RunAsync([Of("a/m")], Failure(kind, status), new OpenAnswer());

        Assert.Equal(kind, response.Error!.Kind);
        Assert.Equal(1, call.AttemptCount);
        Assert.Empty(response.Error.Attempts);
    }

    [Fact]
    [Covers("S002-28")]
    public async Task A_later_try_that_succeeds_is_the_answer()
    {
        var (response, call) = await RunAsync([Of("a/m")], Failure(), Failure(), new OpenAnswer());

        Assert.Null(response.Error);
        Assert.Equal(3, call.AttemptCount);
    }

    [Fact]
    [Covers("S002-25", "S000-38")]
    public async Task The_waits_are_random_parts_of_one_two_and_four_seconds()
    {
        for (var round = 0; round < 20; round++)
        {
            _times.Clear();
            _tried.Clear();
            await RunAsync([Of("a/m")], Failure(), Failure(), Failure(), Failure());

            Assert.Equal(4, _times.Count);
            Assert.InRange(_times[1] - _times[0], TimeSpan.Zero, TimeSpan.FromSeconds(1));
            Assert.InRange(_times[2] - _times[1], TimeSpan.Zero, TimeSpan.FromSeconds(2));
            Assert.InRange(_times[3] - _times[2], TimeSpan.Zero, TimeSpan.FromSeconds(4));
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 4)]
    [InlineData(3, 8)]
    [InlineData(4, 10)]
    [InlineData(100, 10)]
    [Covers("S000-37")]
    public void The_bound_of_a_wait_doubles_up_to_ten_seconds(int retry, int seconds)
    {
        var (first, most) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));

        Assert.Equal(TimeSpan.FromSeconds(seconds), Backoff.Delay(retry, first, most, null, random: 1));
        Assert.Equal(TimeSpan.FromSeconds(seconds / 2.0), Backoff.Delay(retry, first, most, null, random: 0.5));
        Assert.Equal(TimeSpan.FromSeconds(30), Backoff.Delay(retry, first, most, TimeSpan.FromSeconds(30), random: 1));
    }

    [Fact]
    public async Task What_the_provider_asks_for_is_the_least_that_is_waited()
    {
        await RunAsync([Of("a/m")], Failure(CallErrorKind.UpstreamRateLimited, 429, TimeSpan.FromSeconds(17)), new OpenAnswer());

        Assert.InRange(_times[1] - _times[0], TimeSpan.FromSeconds(17), TimeSpan.FromSeconds(18));
    }

    [Fact]
    public async Task A_pause_of_more_than_a_minute_is_reported_rather_than_waited_for()
    {
        var (response, call) = await RunAsync(
            [Of("a/m")], Failure(CallErrorKind.UpstreamRateLimited, 429, TimeSpan.FromSeconds(61)), new OpenAnswer());

        Assert.Equal(TimeSpan.FromSeconds(61), response.Error!.RetryAfter);
        Assert.Equal(1, call.AttemptCount);
        Assert.Equal(TimeSpan.Zero, _clock.Elapsed);
    }

    [Fact]
    public async Task No_try_begins_after_the_call_would_have_to_be_over()
    {
        var clocks = new CallClocks { Total = TimeSpan.FromSeconds(20) };
        var (_, call) = await RunAsync(
            [Of("a/m")], clocks, Failure(CallErrorKind.UpstreamRateLimited, 429, TimeSpan.FromSeconds(21)), new OpenAnswer());

        Assert.Equal(1, call.AttemptCount);
    }

    [Fact]
    public async Task Another_target_is_preferred_to_waiting()
    {
        var (response, _) = await RunAsync([Of("a/m"), Of("b/m")], Failure(), new OpenAnswer());

        Assert.Null(response.Error);
        Assert.Equal(["a/m", "b/m"], _tried);
        Assert.Equal(TimeSpan.Zero, _clock.Elapsed);
    }

    [Fact]
    public async Task When_all_have_failed_the_one_whose_pause_ends_first_is_tried_again()
    {
        var (response, _) = await RunAsync(
            [Of("a/m"), Of("b/m")],
            Failure(CallErrorKind.UpstreamRateLimited, 429, TimeSpan.FromSeconds(30)),
            Failure(CallErrorKind.UpstreamRateLimited, 429, TimeSpan.FromSeconds(5)),
            new OpenAnswer());

        Assert.Null(response.Error);
        Assert.Equal(["a/m", "b/m", "b/m"], _tried);
    }

    [Fact]
    public async Task Where_the_first_has_failed_so_often_that_its_circuit_opens_another_is_tried_again()
    {
        Deployment[] deployments = [Of("a/m", circuitFailures: 1), Of("b/m")];

        var (response, _) = await RunAsync(deployments, Failure(), Failure(), new OpenAnswer());

        Assert.True(deployments[0].State.Circuit.IsTripped);
        Assert.Null(response.Error);
        Assert.Equal(["a/m", "b/m", "b/m"], _tried);
    }

    [Fact]
    public async Task Where_the_circuits_of_all_open_none_is_tried_again()
    {
        var (response, _) = await RunAsync(
            [Of("a/m", circuitFailures: 1), Of("b/m", circuitFailures: 1)], Failure(), Failure(), new OpenAnswer());

        Assert.NotNull(response.Error);
        Assert.Equal(["a/m", "b/m"], _tried);
    }

    [Fact]
    public async Task A_target_in_a_pause_is_passed_over_by_the_next_call()
    {
        Deployment[] deployments = [Of("a/m"), Of("b/m")];
        await RunAsync(deployments, Failure(CallErrorKind.UpstreamRateLimited, 429, TimeSpan.FromSeconds(30)), new OpenAnswer());
        _tried.Clear();

        await RunAsync(deployments, new OpenAnswer());
        Assert.Equal(["b/m"], _tried);

        _clock.Advance(TimeSpan.FromSeconds(30));
        _tried.Clear();
        await RunAsync(deployments, new OpenAnswer());
        Assert.Equal(["a/m"], _tried);
    }

    [Fact]
    public async Task A_client_that_leaves_while_it_waits_ends_the_call()
    {
        using var client = new CancellationTokenSource();
        var call = Call([Of("a/m")], CallClocks.Default, client.Token);
        var running = Loop().InvokeAsync(call, Script(call, [Failure(), new OpenAnswer()])).AsTask();
        await _clock.WaitForTimersAsync();

        await client.CancelAsync();

        Assert.NotNull((await running).Error);
        Assert.Equal(1, call.AttemptCount);
        Assert.Equal(0, _clock.TimerCount);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_call_whose_client_leaves_while_it_waits_is_abandoned_and_has_not_failed(int targets)
    {
        using var client = new CancellationTokenSource();
        var call = Call(targets == 2 ? [Of("a/m"), Of("b/m")] : [Of("a/m")], CallClocks.Default, client.Token);
        var running = Loop().InvokeAsync(call, Script(call, [Failure(), Failure(), new OpenAnswer()])).AsTask();
        await _clock.WaitForTimersAsync();

        await client.CancelAsync();

        var response = await running;
        Assert.Equal(CallErrorKind.Canceled, response.Error!.Kind);
        Assert.Equal(CallOutcome.Abandoned, Completion.OutcomeOf(response));
        Assert.Equal(targets, call.AttemptCount);
        Assert.All(call.Attempts, attempt => Assert.Equal(CallErrorKind.UpstreamUnavailable, attempt.Error!.Kind));
    }

    [Fact]
    public void Retries_are_bounded_by_a_share_of_the_calls_and_ten_a_second()
    {
        var budget = new RetryBudget(_clock);
        var taken = 0;
        // Fifty calls a second for twenty seconds, each with three allowed retries.
        for (var second = 0; second < 20; second++)
        {
            for (var call = 0; call < 50; call++)
            {
                budget.OnCall();
                for (var retry = 0; retry < 3; retry++)
                    taken += budget.TryTake(0.2) ? 1 : 0;
            }

            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.InRange(taken, 380, (20 * 50 * 0.2) + (21 * 10));
    }

    [Fact]
    public async Task A_route_may_say_how_often_by_what_failed()
    {
        var rules = new RouteRules { Retries = new(RateLimit: 0, Timeout: 1, Server: 2) };

        foreach (var (kind, attempts) in new[]
        {
            (CallErrorKind.UpstreamRateLimited, 1), (CallErrorKind.UpstreamTimeout, 2), (CallErrorKind.UpstreamUnavailable, 3),
        })
        {
            var route = new Route("any", new TargetGroup(PrioritySelector.Instance, Of("a/m"))) { Rules = rules };
            var (_, call) = await RunAsync(route, CallClocks.Default, [.. Enumerable.Repeat(Failure(kind, null), 9)]);
            Assert.Equal(attempts, call.AttemptCount);
        }
    }

    [Fact]
    public async Task After_a_prompt_too_long_only_larger_windows_are_tried_the_known_ones_first()
    {
        var route = new Route("any", [.. new[] { Of("a/m", window: 8000), Of("b/m"), Of("c/m", window: 4000), Of("d/m", window: 100_000) }
            .Select(deployment => new TargetGroup(PrioritySelector.Instance, deployment))])
        {
            Rules = new() { OnContextLength = true },
        };
        var tooLong = new CallError(CallErrorKind.UpstreamRejected, "Too long.") { UpstreamStatus = 400, Code = "context_length_exceeded" };

        var (response, _) = await RunAsync(route, CallClocks.Default, tooLong, Failure(), new OpenAnswer());

        Assert.Null(response.Error);
        Assert.Equal(["a/m", "d/m", "b/m"], _tried);
    }

    [Theory]
    [InlineData("context_length_exceeded")]
    [InlineData("content_policy_violation")]
    public async Task What_a_model_refuses_is_not_sent_to_it_with_its_other_keys(string code)
    {
        var refusal = new CallError(CallErrorKind.UpstreamRejected, "No.") { UpstreamStatus = 400, Code = code };
        // More keys than there may be fallbacks.
        var route = new Route(
            "any",
            new TargetGroup(PrioritySelector.Instance, [.. Enumerable.Range(0, 5).Select(_ => Of("a/m"))]),
            new TargetGroup(PrioritySelector.Instance, Of("b/m")))
        {
            Rules = new() { OnContextLength = true, OnContentPolicy = true },
        };

        var (response, _) = await RunAsync(route, CallClocks.Default, refusal, new OpenAnswer());

        Assert.Null(response.Error);
        Assert.Equal(["a/m", "b/m"], _tried);
    }

    [Theory]
    [InlineData("context_length_exceeded", 400)]
    [InlineData("content_policy_violation", 400)]
    [InlineData("model_not_found", 404)]
    public async Task A_refusal_leads_on_only_where_the_route_says_so(string code, int status)
    {
        var refusal = new CallError(CallErrorKind.UpstreamRejected, "No.") { UpstreamStatus = status, Code = code };
        foreach (var on in new[] { false, true })
        {
            _tried.Clear();
            var route = new Route("any", new TargetGroup(PrioritySelector.Instance, Of("a/m"), Of("b/m")))
            {
                Rules = new() { OnContextLength = on, OnContentPolicy = on, OnModelNotFound = on },
            };
            var (response, _) = await RunAsync(route, CallClocks.Default, refusal, new OpenAnswer());
            Assert.Equal(on, response.Error is null);
        }
    }

    private static Deployment Of(string target, int attempts = 4, int? window = null, int circuitFailures = 5)
    {
        var some = SomeCall.Deployment(target);
        return new Deployment(some.Provider, some.Model, some.Binding, some.State)
        {
            Policy = new() { Attempts = attempts, Circuit = new() { Failures = circuitFailures } },
            ContextWindow = window,
        };
    }

    private static CallError Failure(
        CallErrorKind kind = CallErrorKind.UpstreamUnavailable, int? status = 503, TimeSpan? retryAfter = null) =>
        new(kind, "It failed.") { UpstreamStatus = status, RetryAfter = retryAfter };

    private AttemptLoop Loop() => new(new Random(1), new RetryBudget(_clock), new AttemptLog(null));

    private ModelCall Call(Deployment[] deployments, CallClocks clocks, CancellationToken aborted = default) => SomeCall.Of(
        new Route("any", [.. deployments.Select(deployment => new TargetGroup(PrioritySelector.Instance, deployment))]),
        _clock, aborted: aborted, clocks: clocks);

    private Task<(CallResponse Response, ModelCall Call)> RunAsync(Deployment[] deployments, params object[] script) =>
        RunAsync(deployments, CallClocks.Default, script);

    private Task<(CallResponse Response, ModelCall Call)> RunAsync(
        Deployment[] deployments, CallClocks clocks, params object[] script) =>
        FinishAsync(Call(deployments, clocks), script);

    private Task<(CallResponse Response, ModelCall Call)> RunAsync(Route route, CallClocks clocks, params object[] script) =>
        FinishAsync(SomeCall.Of(route, _clock, clocks: clocks), script);

    /// <summary>Runs a call, advancing the clock whenever it waits.</summary>
    private async Task<(CallResponse Response, ModelCall Call)> FinishAsync(ModelCall call, object[] script)
    {
        var running = Loop().InvokeAsync(call, Script(call, script)).AsTask();
        while (!running.IsCompleted)
        {
            if (_clock.TimerCount > 0)
                _clock.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }

        var response = await running;
        if (response.Error is null)
            call.Attempt!.End(AttemptOutcome.Finished, null);
        return (response, call);
    }

    private CallHandler Script(ModelCall call, object[] script) => _ =>
    {
        _tried.Add(call.Attempt!.Deployment.ToString());
        _times.Add(_clock.Elapsed);
        call.Attempt.Sending();
        if (script[call.AttemptCount - 1] is not CallError error)
            return new((CallResponse)script[call.AttemptCount - 1]);
        call.Attempt.Fail(error);
        return new(new FailedResponse(error));
    };
}
