using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Providers;

public sealed class TestClockTests
{
    private readonly TestClock _clock = new();

    [Fact]
    public async Task A_test_can_wait_until_the_code_has_come_to_its_delay()
    {
        var waiting = _clock.WaitForTimersAsync();
        Assert.False(waiting.IsCompleted);
        var delay = Task.Delay(TimeSpan.FromSeconds(2), _clock, TestContext.Current.CancellationToken);
        await waiting;
        _clock.Advance(TimeSpan.FromMilliseconds(1999));
        Assert.False(delay.IsCompleted);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await delay.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        Assert.Equal(0, _clock.TimerCount);
        Assert.Equal(TimeSpan.FromSeconds(2), _clock.Elapsed);
    }

    [Fact]
    public void A_timer_waits_from_when_it_is_set_until_it_fires_is_stopped_or_disposed()
    {
        var fired = new List<string>();
        using var once = _clock.CreateTimer(_ => fired.Add("once"), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        using var each = _clock.CreateTimer(_ => fired.Add("each"), null, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2));
        Assert.Equal(1, _clock.TimerCount);
        once.Change(TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        Assert.Equal(2, _clock.TimerCount);
        _clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(["once", "each"], fired);
        Assert.Equal(1, _clock.TimerCount);
        each.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Assert.Equal(0, _clock.TimerCount);
        once.Change(TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        once.Dispose();
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(0, _clock.TimerCount);
        Assert.Equal(2, fired.Count);
    }

    [Fact]
    public void A_timer_that_is_due_at_once_does_not_wait()
    {
        var fired = 0;
        using var timer = _clock.CreateTimer(_ => fired++, null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        Assert.Equal((1, 0), (fired, _clock.TimerCount));
    }

    [Fact]
    public void A_timer_may_set_itself_again_when_it_fires()
    {
        var fired = 0;
        ITimer? timer = null;
        timer = _clock.CreateTimer(
            _ => _ = ++fired < 3 && timer!.Change(TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan), null, TimeSpan.FromSeconds(1),
            Timeout.InfiniteTimeSpan);
        for (var second = 0; second < 5; second++)
            _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((3, 0), (fired, _clock.TimerCount));
        timer.Dispose();
    }
}
