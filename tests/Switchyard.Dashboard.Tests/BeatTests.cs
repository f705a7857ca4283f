using Switchyard.Dashboard.Liveness;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>A timer may fire again while its last callback still runs.</summary>
public sealed class BeatTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_beat_that_begins_before_the_last_one_has_ended_turns_no_page_twice_at_once()
    {
        var time = new HandTime();
        using var pulse = new Pulse(time);
        using var begun = new SemaphoreSlim(0);
        using var go = new SemaphoreSlim(0);
        var turns = 0;
        using var listening = pulse.Listen(() =>
        {
            turns++;
            begun.Release();
            go.Wait(Stop);
            return Task.CompletedTask;
        });

        var first = Task.Run(time.Beat, Stop);
        await begun.WaitAsync(Stop);
        var second = Task.Run(time.Beat, Stop);
        var isPassedBy = await Task.WhenAny(second, begun.WaitAsync(Stop)) == second;
        go.Release(2);
        await Task.WhenAll(first, second);

        Assert.True(isPassedBy);
        Assert.Equal(1, turns);
    }

    /// <summary>A clock whose timer the test fires.</summary>
    private sealed class HandTime : TimeProvider
    {
        private Action? _fire;

        public void Beat() => _fire?.Invoke();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _fire = () => callback(state);
            return new HandTimer();
        }
    }

    private sealed class HandTimer : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => default;
    }
}
