using Switchyard.Limits;
using Xunit;

namespace Switchyard.Tests.Limits;

/// <summary>The window slides: it never counts too little, and hardly too much.</summary>
public sealed class SlidingWindowTests
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    [Fact]
    public void What_was_counted_leaves_a_window_after_it_came_not_at_the_turn_of_the_minute()
    {
        var window = new SlidingWindow(s_minute);
        window.Add(1, At(0));
        window.Add(1, At(50));

        Assert.Equal(2, window.SumAt(At(59.9)));
        Assert.Equal(1, window.SumAt(At(60)));
        Assert.Equal(1, window.SumAt(At(109.9)));
        Assert.Equal(0, window.SumAt(At(110)));
    }

    [Fact]
    public void The_wait_is_until_enough_of_the_oldest_has_left()
    {
        var window = new SlidingWindow(s_minute);
        window.Add(5, At(0));
        window.Add(5, At(20));

        Assert.Equal(TimeSpan.Zero, window.WaitFor(2, 12, At(30)));
        Assert.Equal(TimeSpan.FromSeconds(30), window.WaitFor(1, 10, At(30)));
        Assert.Equal(TimeSpan.FromSeconds(50), window.WaitFor(6, 10, At(30)));
        Assert.Equal(TimeSpan.FromSeconds(50), window.EmptyIn(At(30)));
    }

    [Fact]
    public void What_is_taken_back_leaves_with_what_was_counted_then()
    {
        var window = new SlidingWindow(s_minute);
        window.Add(100, At(0));
        window.Add(100, At(10));

        window.TakeBack(70, At(10), At(20));

        Assert.Equal(130, window.SumAt(At(20)));
        Assert.Equal(30, window.SumAt(At(60)));
        window.TakeBack(70, At(0), At(61));
        Assert.Equal(0, window.SumAt(At(61)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void It_counts_as_a_list_of_everything_would_or_up_to_a_thousandth_of_the_window_longer(int seed)
    {
        var random = new Random(seed);
        var window = new SlidingWindow(s_minute);
        List<(double At, int Amount)> all = [];
        var now = 0.0;
        for (var i = 0; i < 20_000; i++)
        {
            // Bursts and pauses.
            now += random.Next(100) == 0 ? random.NextDouble() * 30 : random.NextDouble() * 0.02;
            var amount = random.Next(1, 50);
            window.Add(amount, At(now));
            all.Add((now, amount));
            if (i % 50 != 0)
                continue;
            var exact = all.Where(entry => entry.At + 60 > now).Sum(entry => entry.Amount);
            var longer = all.Where(entry => entry.At + 60.06 > now).Sum(entry => entry.Amount);
            Assert.InRange(window.SumAt(At(now)), exact, longer);
        }
    }

    [Fact]
    public void A_clock_that_is_read_in_another_order_does_no_harm()
    {
        var window = new SlidingWindow(s_minute);
        window.Add(1, At(10));
        window.Add(1, At(9));

        Assert.Equal(2, window.SumAt(At(69.5)));
        Assert.Equal(0, window.SumAt(At(70)));
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
