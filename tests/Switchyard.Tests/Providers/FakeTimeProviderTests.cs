using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Providers;

public sealed class FakeTimeProviderTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void Time_stands_still_until_it_is_advanced()
    {
        var before = _clock.GetUtcNow();
        var stamp = _clock.GetTimestamp();
        Assert.Equal(before, _clock.GetUtcNow());
        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(before.AddSeconds(3), _clock.GetUtcNow());
        Assert.Equal(TimeSpan.FromSeconds(3), _clock.GetElapsedTime(stamp));
    }

    [Fact]
    public async Task A_delay_ends_when_its_time_has_come_and_not_before()
    {
        var delay = Task.Delay(TimeSpan.FromSeconds(2), _clock, TestContext.Current.CancellationToken);
        _clock.Advance(TimeSpan.FromMilliseconds(1999));
        Assert.False(delay.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await delay.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        Assert.Equal(0, _clock.TimerCount);
    }

    [Fact]
    public void Timers_fire_in_the_order_they_fall_due_at_their_own_time()
    {
        var fired = new List<string>();
        using var late = _clock.CreateTimer(
            _ => fired.Add($"late {_clock.Elapsed.TotalSeconds}"), null, TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan);
        using var each = _clock.CreateTimer(
            _ => fired.Add($"each {_clock.Elapsed.TotalSeconds}"), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        _clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(["each 1", "late 3", "each 3"], fired);
    }

    [Fact]
    public void A_timer_set_by_a_timer_fires_in_the_same_advance()
    {
        var fired = new List<double>();
        var timers = new List<ITimer>();
        void Set() => timers.Add(_clock.CreateTimer(
            _ =>
            {
                fired.Add(_clock.Elapsed.TotalSeconds);
                Set();
            }, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan));
        Set();
        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal([1, 2, 3], fired);
        timers.ForEach(timer => timer.Dispose());
        Assert.Equal(0, _clock.TimerCount);
    }

    [Fact]
    public void A_disposed_timer_never_fires()
    {
        var fired = false;
        _clock.CreateTimer(_ => fired = true, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan).Dispose();
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.False(fired);
    }

    [Fact]
    public void A_cancellation_after_a_time_comes_in_virtual_time()
    {
        using var source = new CancellationTokenSource(TimeSpan.FromSeconds(5), _clock);
        _clock.Advance(TimeSpan.FromSeconds(4));
        Assert.False(source.IsCancellationRequested);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(source.IsCancellationRequested);
    }

    [Fact]
    public async Task A_test_can_wait_until_the_code_has_come_to_its_delay()
    {
        var waiting = _clock.WaitForTimersAsync();
        Assert.False(waiting.IsCompleted);
        _ = Task.Delay(TimeSpan.FromSeconds(1), _clock, TestContext.Current.CancellationToken);
        await waiting;
    }
}
