using Switchyard.Money;
using Xunit;

namespace Switchyard.Tests.Money;

/// <summary>One budget's account: never overspent, and no reservation without an owner.</summary>
public sealed class BudgetAccountTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_strict_budget_has_room_up_to_its_limit_and_no_further()
    {
        var account = Account(100);

        Assert.True(account.TryReserve(60, s_now));
        Assert.False(account.TryReserve(41, s_now));
        Assert.True(account.TryReserve(40, s_now));
        Assert.Equal((0, 100), (account.Spent, account.Reserved));
    }

    [Fact]
    public void What_was_reserved_and_not_spent_is_free_again()
    {
        var account = Account(100);
        account.TryReserve(90, s_now);

        account.Settle(90, 10, s_now);

        Assert.Equal((10, 0), (account.Spent, account.Reserved));
        Assert.True(account.TryReserve(90, s_now));
    }

    [Fact]
    public void A_budget_that_only_warns_has_always_room()
    {
        var account = Account(100, strict: false);

        Assert.True(account.TryReserve(1000, s_now));
        account.Settle(1000, 1000, s_now);
        Assert.Equal(1000, account.Spent);
    }

    [Fact]
    public async Task However_many_reserve_at_once_the_limit_is_never_passed_and_all_of_it_is_used()
    {
        var account = Account(1_000_000);
        var granted = 0;
        await Task.WhenAll(Enumerable.Range(0, 16).Select(seed => Task.Run(() =>
        {
            var random = new Random(seed);
            for (var i = 0; i < 20_000; i++)
            {
                var amount = random.Next(1, 200);
                if (!account.TryReserve(amount, s_now))
                    continue;
                Assert.True(account.Spent + account.Reserved <= 1_000_000);
                var spent = random.Next(0, amount + 1);
                account.Settle(amount, spent, s_now);
                Interlocked.Add(ref granted, spent);
            }
        })));

        Assert.Equal(granted, account.Spent);
        Assert.Equal(0, account.Reserved);
        Assert.InRange(account.Spent, 999_000, 1_000_000);
    }

    [Fact]
    public void A_rolling_budget_forgets_what_was_spent_longer_ago_than_its_length()
    {
        var account = Account(100, period: new(BudgetPeriodKind.Rolling, TimeSpan.FromHours(24)));
        account.TryReserve(80, s_now);
        account.Settle(80, 80, s_now);

        Assert.False(account.TryReserve(30, s_now.AddHours(23)));
        Assert.True(account.TryReserve(30, s_now.AddHours(25)));
        Assert.Equal(0, account.Spent);
    }

    [Fact]
    public void What_a_shared_rolling_budget_spent_long_ago_goes_back_to_all_and_not_to_who_spent_it()
    {
        var account = Account(100, period: new(BudgetPeriodKind.Rolling, TimeSpan.FromHours(24)));
        account.Share();
        account.Grant(60);
        account.TryReserve(50, s_now);
        account.Settle(50, 50, s_now);

        Assert.False(account.TryReserve(11, s_now.AddHours(25)));
        Assert.True(account.TryReserve(10, s_now.AddHours(25)));
        Assert.Equal((0, 10), (account.Spent, account.Reserved));
    }

    [Fact]
    public void What_was_spent_and_held_before_this_process_counts()
    {
        var account = new BudgetAccount(Rule(100), "total|day", null, s_now, s_now.AddDays(1), spent: 30, held: 50);

        Assert.Equal((30, 50), (account.Spent, account.Reserved));
        Assert.False(account.TryReserve(21, s_now));
        account.Settle(50, 5, s_now);
        Assert.True(account.TryReserve(65, s_now));
    }

    [Theory]
    [InlineData("day", "2026-11-28", "2026-11-28T00:00:00+01:00", "2026-11-29T00:00:00+01:00")]
    [InlineData("week", "2026-11-23+7", "2026-11-23T00:00:00+01:00", "2026-11-30T00:00:00+01:00")]
    [InlineData("month", "2026-11", "2026-11-01T00:00:00+01:00", "2026-12-01T00:00:00+01:00")]
    public void A_period_begins_and_ends_at_local_midnight(string word, string name, string start, string end)
    {
        var zone = TimeZoneInfo.CreateCustomTimeZone("test", TimeSpan.FromHours(1), "test", "test");

        var found = BudgetRules.ReadPeriod(word)!.Value.At(s_now, zone);

        Assert.Equal((name, DateTimeOffset.Parse(start), DateTimeOffset.Parse(end)), found);
    }

    [Fact]
    public void A_day_on_which_the_clock_is_put_back_over_midnight_begins_with_the_first_of_the_two()
    {
        var summer = TimeZoneInfo.AdjustmentRule.CreateAdjustmentRule(
            DateTime.MinValue.Date,
            DateTime.MaxValue.Date,
            TimeSpan.FromHours(1),
            TimeZoneInfo.TransitionTime.CreateFixedDateRule(new DateTime(1, 1, 1, 0, 0, 0), 3, 29),
            TimeZoneInfo.TransitionTime.CreateFixedDateRule(new DateTime(1, 1, 1, 1, 0, 0), 10, 25));
        var zone = TimeZoneInfo.CreateCustomTimeZone("test", TimeSpan.Zero, "test", "test", "test", [summer]);
        var midnight = new DateTimeOffset(2026, 10, 24, 23, 0, 0, TimeSpan.Zero);
        var day = new BudgetPeriod(BudgetPeriodKind.Day);

        Assert.Equal(("2026-10-24", midnight), (day.At(midnight.AddMinutes(-1), zone).Name, day.At(midnight.AddMinutes(-1), zone).End));
        foreach (var minutes in (int[])[0, 30, 90, 1_499])
        {
            var (name, start, end) = day.At(midnight.AddMinutes(minutes), zone);
            Assert.Equal(("2026-10-25", midnight, midnight.AddHours(25)), (name, start, end));
        }
    }

    private static BudgetAccount Account(long limit, bool strict = true, BudgetPeriod? period = null) =>
        new(Rule(limit, strict, period), "total|day", null, s_now, s_now.AddDays(1), 0, 0);

    private static BudgetRule Rule(long limit, bool strict = true, BudgetPeriod? period = null) => new()
    {
        Name = "total",
        Limit = limit,
        Period = period ?? new(BudgetPeriodKind.Day),
        IsStrict = strict,
    };
}
