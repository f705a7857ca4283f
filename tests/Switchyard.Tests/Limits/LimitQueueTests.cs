using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Limits;
using Switchyard.Tests.Client;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Limits;

/// <summary><c>mode: queue</c>: a call waits for its turn if the limit is reached. In virtual time.</summary>
public sealed class LimitQueueTests
{
    private readonly TestClock _clock = new();

    [Fact]
    public async Task Calls_wait_for_their_turn_in_the_order_they_came()
    {
        await using var given = Queued(new() { Requests = 1, Window = TimeSpan.FromSeconds(2) });
        await given.Chat.GetResponseAsync("0");
        var first = AskAsync(given);
        await UntilAsync(given, waiting: 1);
        var second = AskAsync(given);
        await UntilAsync(given, waiting: 2);

        // The first waits for the window, and the second for its turn.
        await _clock.WaitForTimersAsync(2);
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Null(await first);
        Assert.False(second.IsCompleted);

        await AdvanceAsync(second);
        Assert.Null(await second);
        Assert.Equal(0, given.Engine.Limits.GetStatus("acme")!.Waiting);
    }

    [Fact]
    public async Task A_call_that_would_wait_longer_than_it_may_or_finds_a_full_queue_is_refused_at_once()
    {
        await using var given = Queued(new() { RequestsPerMinute = 1 });
        await given.Chat.GetResponseAsync("0");
        Assert.Equal(TimeSpan.FromMinutes(1), (await AskAsync(given))!.RetryAfter);

        await given.Engine.Limits.SetLimitAsync(
            "acme",
            new() { Requests = 1, Window = TimeSpan.FromSeconds(5), Mode = "queue", Queue = 0, QueueWait = TimeSpan.FromSeconds(10) });
        given.Engine.Limits.ResetAll();
        Assert.Null(await AskAsync(given));
        // One call waits at the head; with a queue of 0 no other may wait behind it.
        var waiting = AskAsync(given);
        await UntilAsync(given, waiting: 1);
        Assert.Equal(CallErrorKind.RateLimited, (await AskAsync(given))!.Kind);
        await AdvanceAsync(waiting);
        Assert.Null(await waiting);
    }

    [Fact]
    public async Task A_place_that_is_given_back_is_taken_by_who_waits_at_once()
    {
        await using var given = Queued(new() { Concurrency = 1 });
        var running = given.Chat.GetStreamingResponseAsync("hi").GetAsyncEnumerator();
        await running.MoveNextAsync();
        var waiting = AskAsync(given);
        await UntilAsync(given, waiting: 1);

        await running.DisposeAsync();

        Assert.Null(await waiting);
    }

    [Fact]
    public async Task A_call_waits_for_a_place_as_long_as_it_may_however_short_that_is()
    {
        await using var given = Queued(new() { Concurrency = 1, QueueWait = TimeSpan.FromMilliseconds(200) });
        var running = given.Chat.GetStreamingResponseAsync("hi").GetAsyncEnumerator();
        await running.MoveNextAsync();
        var waiting = AskAsync(given);
        await UntilAsync(given, waiting: 1);
        Assert.False(waiting.IsCompleted);

        await running.DisposeAsync();

        Assert.Null(await waiting);
    }

    [Fact]
    public async Task A_client_that_leaves_gives_its_turn_to_the_next()
    {
        await using var given = Queued(new() { Concurrency = 1 });
        var running = given.Chat.GetStreamingResponseAsync("hi").GetAsyncEnumerator();
        await running.MoveNextAsync();
        using var leaves = new CancellationTokenSource();
        var left = given.Chat.GetResponseAsync("hi", cancellationToken: leaves.Token);
        await UntilAsync(given, waiting: 1);
        var next = AskAsync(given);
        await UntilAsync(given, waiting: 2);

        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        await running.DisposeAsync();

        Assert.Null(await next);
        Assert.Equal((0, 0), (given.Engine.Limits.GetStatus("acme")!.Running, given.Engine.Limits.GetStatus("acme")!.Waiting));
    }

    private Given Queued(LimitOptions limit)
    {
        limit.Mode = "queue";
        return Given.AnEngineWith(
            new ScriptedClient("hi"), options => options.Limits["acme"] = limit,
            builder => builder.Services.AddSingleton<TimeProvider>(_clock));
    }

    private static async Task<CallError?> AskAsync(Given given)
    {
        try
        {
            await given.Chat.GetResponseAsync("hi");
            return null;
        }
        catch (CallException e)
        {
            return e.Error;
        }
    }

    private static Task UntilAsync(Given given, int waiting) =>
        Wait.ForAsync(() => given.Engine.Limits.GetStatus("acme")!.Waiting >= waiting);

    /// <summary>
    /// Advances in small steps until a call has had its turn. A waiting call sets its timer on a thread of its own when it reaches the
    /// head, which may be after any of the steps.
    /// </summary>
    private Task AdvanceAsync(Task until) => Wait.ForAsync(() =>
    {
        if (!until.IsCompleted)
            _clock.Advance(TimeSpan.FromMilliseconds(100));
        return until.IsCompleted;
    });
}
