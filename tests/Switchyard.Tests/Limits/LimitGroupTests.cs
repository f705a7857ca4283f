using Switchyard.Configuration;
using Switchyard.Dialects;
using Switchyard.Limits;
using Switchyard.Tests.Calls;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Limits;

/// <summary>Several limits at once: all are taken or none, under any race.</summary>
public sealed class LimitGroupTests
{
    private readonly TestClock _clock = new();

    [Fact]
    public void What_one_limit_refuses_is_counted_by_none_and_a_race_lets_exactly_as_many_through_as_may()
    {
        // Each thread takes a shared wide limit and a narrow one of its own, in alternating order.
        var store = new LimitStore();
        var wide = Of(store, "wide", 500);
        var narrow = Enumerable.Range(0, 4).Select(i => Of(store, $"n{i}", 200)).ToArray();
        var groups = narrow.Select((limit, i) => LimitGroup.Of(i % 2 == 0 ? [limit, wide] : [wide, limit])!).ToArray();
        var through = new int[narrow.Length];

        Parallel.For(0, 4, i =>
        {
            for (var n = 0; n < 1000; n++)
            {
                if (groups[i].TryTakeNow(SomeCall.Of(time: _clock)) is not null)
                    through[i]++;
            }
        });

        Assert.Equal(500, through.Sum());
        Assert.Equal(500, wide.StatusAt(_clock.GetElapsedTime(0)).RequestCount);
        Assert.All(narrow.Index(), pair => Assert.Equal(through[pair.Index], pair.Item.StatusAt(_clock.GetElapsedTime(0)).RequestCount));
        Assert.All(through, count => Assert.InRange(count, 0, 200));
    }

    [Fact]
    public void What_a_long_call_used_less_than_was_estimated_is_not_taken_of_what_others_have_used_since()
    {
        var limit = new Limit(
            LimitScope.Key, "ci", LimitRules.From(new LimitOptions { TokensPerMinute = 1000 })!, new LimitStore().Of(LimitScope.Key, "ci"));
        var (estimated, used, other) = (new LimitCost(1, 600), new LimitCost(1, 100), new LimitCost(1, 300));
        limit.Take(estimated, TimeSpan.Zero);
        limit.Take(estimated, TimeSpan.FromSeconds(40));
        limit.Take(other, TimeSpan.FromSeconds(50));

        // The first has left the window, the second is still in it.
        limit.Settle(estimated, TimeSpan.Zero, used, TimeSpan.FromSeconds(90));
        Assert.Equal(900, limit.StatusAt(TimeSpan.FromSeconds(90)).Rules.Single().Used);
        limit.Settle(estimated, TimeSpan.FromSeconds(40), used, TimeSpan.FromSeconds(90));
        Assert.Equal(400, limit.StatusAt(TimeSpan.FromSeconds(90)).Rules.Single().Used);
    }

    [Theory]
    [InlineData("6m0s", 360)]
    [InlineData("1.5s", 1.5)]
    [InlineData("120ms", 0.12)]
    [InlineData("2h3m", 7380)]
    [InlineData("7", 7)]
    [InlineData("2030-01-01T00:00:20Z", 20)]
    [InlineData("2029-01-01T00:00:20Z", 0)]
    [InlineData("1893456020", 20)]
    [InlineData("1893456020.5", 20.5)]
    [InlineData("1893456020000", 20)]
    [InlineData("1893450000", 0)]
    public void The_time_of_a_reset_is_read_in_every_form_vendors_use(string text, double seconds) =>
        Assert.Equal(seconds, LimitHeaders.ReadReset(text, _clock.Start)!.Value.TotalSeconds, 0.0001);

    [Theory]
    [InlineData("")]
    [InlineData("soon")]
    [InlineData("5x")]
    [InlineData("m5")]
    public void What_is_no_time_is_none(string text) => Assert.Null(LimitHeaders.ReadReset(text, _clock.Start));

    private static Limit Of(LimitStore store, string name, long max) => new(
        LimitScope.Key, name, LimitRules.From(new LimitOptions { RequestsPerMinute = max })!, store.Of(LimitScope.Key, name));
}
