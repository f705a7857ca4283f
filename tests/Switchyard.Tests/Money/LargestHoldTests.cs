using Switchyard.Calls;
using Switchyard.Models;
using Switchyard.Money;
using Switchyard.Targets;
using Switchyard.Tests.Calls;
using Xunit;

namespace Switchyard.Tests.Money;

/// <summary>A call with a limit that no model has: what budgets hold for it does not overflow.</summary>
public sealed class LargestHoldTests
{
    private const long MillionDollars = 1_000_000_000_000_000;

    private static readonly DateTimeOffset s_now = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(1L << 50)]
    public void No_call_holds_more_than_a_million_dollars(long limit)
    {
        var (call, money) = CallOf(limit);

        Assert.Equal(MillionDollars, money.MostAt(call, Target()));
    }

    [Fact]
    public void A_budget_that_only_warns_still_knows_afterwards_what_others_hold()
    {
        var (call, money) = CallOf(long.MaxValue);
        var most = money.MostAt(call, Target())!.Value;
        var account = Account();
        account.TryReserve(5, s_now);

        Assert.True(account.TryReserve(most, s_now));
        Assert.True(account.TryReserve(most, s_now));
        account.Settle(most, 7, s_now);
        account.Settle(most, 0, s_now);

        Assert.Equal((7, 5), (account.Spent, account.Reserved));
    }

    [Fact]
    public void Two_attempts_of_such_a_call_are_held_and_recorded_together()
    {
        var (call, money) = CallOf(long.MaxValue);
        var reservation = new Reservation([]);
        var account = Account();
        for (var i = 0; i < 2; i++)
        {
            var attempt = call.BeginAttempt(Target());
            Assert.Null(reservation.TryHold(attempt, [account], money.MostOf(call, attempt)!.Value, s_now));
        }

        Assert.Equal((2 * MillionDollars, 2 * MillionDollars), (reservation.Most, account.Reserved));
    }

    private static (ModelCall Call, MoneyCall Money) CallOf(long limit)
    {
        var source = SomeCall.Of();
        var request = new CallRequest(source.Envelope with { MaxOutputTokens = limit }, source.Body);
        var call = new ModelCall(request, source.Snapshot, holdsSnapshot: false, TimeProvider.System, default);
        return (call, new MoneyCall(Guid.NewGuid(), new MoneyFacts(null, null, null, null), s_now));
    }

    private static BudgetAccount Account() => new(
        new BudgetRule { Name = "total", Limit = 100, Period = new(BudgetPeriodKind.Lifetime) }, "total|lifetime", null, s_now,
        DateTimeOffset.MaxValue, spent: 0, held: 0);

    private static Deployment Target() => new("a", "m", new NoBinding(), new DeploymentState())
    {
        Price = new ModelPrice(new ModelPricing
        {
            Source = new() { Name = "test", Commit = "none", Date = new DateOnly(2026, 1, 1), Licence = "MIT" },
            Rates = new() { Input = 2, Output = 8 },
        }),
    };

    private sealed class NoBinding : IDeploymentBinding;
}
