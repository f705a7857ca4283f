using Microsoft.Extensions.Time.Testing;
using Switchyard.Dashboard.Liveness;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>Pages follow events without a storm of requests.</summary>
public sealed class PulseTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void One_timer_turns_for_all_pages_and_for_none_without_viewers()
    {
        using var pulse = new Pulse(_time);
        var turns = 0;
        _time.Advance(Pulse.Period);
        using (pulse.Listen(Count))
        using (pulse.Listen(Count))
        {
            _time.Advance(Pulse.Period);
            Assert.Equal((2, 2), (turns, pulse.Count));
        }

        _time.Advance(Pulse.Period * 10);
        Assert.Equal((2, 0), (turns, pulse.Count));

        Task Count()
        {
            turns++;
            return Task.CompletedTask;
        }
    }

    [Fact]
    public void A_page_whose_last_turn_is_not_over_is_passed_by()
    {
        using var pulse = new Pulse(_time);
        var (slow, turns, others) = (new TaskCompletionSource(), 0, 0);
        using var first = pulse.Listen(() =>
        {
            turns++;
            return slow.Task;
        });
        using var second = pulse.Listen(() =>
        {
            others++;
            return Task.CompletedTask;
        });

        _time.Advance(Pulse.Period);
        _time.Advance(Pulse.Period);
        Assert.Equal((1, 2), (turns, others));
        slow.SetResult();
        _time.Advance(Pulse.Period);
        Assert.Equal((2, 3), (turns, others));
    }

    [Fact]
    public async Task Figures_are_read_once_for_all_who_ask_in_a_beat_and_a_failure_is_not_kept()
    {
        var (reads, fails) = (0, true);
        var shared = new Shared<int>(_time, _ => fails ? throw new InvalidOperationException() : Task.FromResult(++reads));

        await Assert.ThrowsAsync<InvalidOperationException>(shared.GetAsync);
        fails = false;
        var all = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => shared.GetAsync()));
        Assert.All(all, read => Assert.Equal(1, read));
        _time.Advance(Pulse.Period);
        Assert.Equal(2, await shared.GetAsync());
    }

    [Fact]
    public async Task After_a_change_no_page_gets_figures_from_before_it_not_even_one_that_waits_for_them()
    {
        var readings = new List<TaskCompletionSource<int>>();
        var shared = new Shared<int>(_time, _ =>
        {
            readings.Add(new());
            return readings[^1].Task;
        });
        var waiting = shared.GetAsync();

        shared.Forget();
        var after = shared.GetAsync();
        readings[1].SetResult(2);
        readings[0].SetResult(1);
        Assert.Equal((2, 2), (await waiting, await after));

        shared.Forget();
        var last = shared.GetAsync();
        readings[2].SetResult(3);
        Assert.Equal((3, 3), (await last, await shared.GetAsync()));
    }
}
