using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Targets;

/// <summary>Slots and their queue: no slot is given twice, and no slot is lost.</summary>
public sealed class ConcurrencyGateTests
{
    private readonly ConcurrencyGate _gate = new();
    private readonly TestClock _clock = new();

    [Fact]
    public void As_many_enter_as_may_and_one_more_once_one_has_left()
    {
        Assert.True(_gate.TryEnter(2));
        Assert.True(_gate.TryEnter(2));
        Assert.False(_gate.TryEnter(2));

        _gate.Leave();

        Assert.True(_gate.TryEnter(2));
        Assert.Equal(2, _gate.Running);
    }

    [Fact]
    public async Task The_call_that_waits_longest_gets_the_next_place_and_no_call_overtakes_it()
    {
        Assert.True(_gate.TryEnter(1));
        var first = EnterAsync().AsTask();
        var second = EnterAsync().AsTask();
        Assert.Equal(2, _gate.Waiting);

        _gate.Leave();
        Assert.True(await first);
        Assert.False(second.IsCompleted);
        Assert.False(_gate.TryEnter(1));

        _gate.Leave();
        Assert.True(await second);
        _gate.Leave();
        Assert.Equal(0, _gate.Running);
    }

    [Fact]
    public async Task A_full_queue_refuses_at_once()
    {
        Assert.True(_gate.TryEnter(1));
        var waiting = EnterAsync(queue: 1).AsTask();

        Assert.False(await EnterAsync(queue: 1));

        _gate.Leave();
        Assert.True(await waiting);
    }

    [Fact]
    public async Task A_call_that_has_waited_too_long_is_refused_and_leaves_the_queue()
    {
        Assert.True(_gate.TryEnter(1));
        var waiting = EnterAsync().AsTask();
        await _clock.WaitForTimersAsync();

        _clock.Advance(TimeSpan.FromSeconds(10));

        Assert.False(await waiting);
        Assert.Equal(0, _gate.Waiting);
        _gate.Leave();
        Assert.Equal(0, _gate.Running);
    }

    [Fact]
    public async Task A_call_that_is_cancelled_while_it_waits_takes_no_place()
    {
        using var leaving = new CancellationTokenSource();
        Assert.True(_gate.TryEnter(1));
        var waiting = EnterAsync(cancellationToken: leaving.Token).AsTask();

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        _gate.Leave();
        Assert.Equal(0, _gate.Running);
        Assert.True(_gate.TryEnter(1));
    }

    [Fact]
    public async Task Random_comings_and_goings_never_exceed_the_bound_and_end_at_zero()
    {
        const int limit = 3;
        var (running, most) = (0, 0);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            using var leaving = new CancellationTokenSource();
            await Task.Yield();
            try
            {
                var entering = _gate.EnterAsync(limit, 50, TimeSpan.FromSeconds(30), TimeProvider.System, leaving.Token).AsTask();
                if (i % 3 == 0)
                    await leaving.CancelAsync();
                if (!await entering)
                    return;
            }
            catch (OperationCanceledException)
            {
                return;
            }

            var now = Interlocked.Increment(ref running);
            most = Math.Max(most, now);
            await Task.Yield();
            Interlocked.Decrement(ref running);
            _gate.Leave();
        }));

        Assert.InRange(most, 1, limit);
        Assert.Equal(0, _gate.Running);
        Assert.Equal(0, _gate.Waiting);
    }

    private ValueTask<bool> EnterAsync(int queue = 10, CancellationToken cancellationToken = default) =>
        _gate.EnterAsync(1, queue, TimeSpan.FromSeconds(10), _clock, cancellationToken);
}
