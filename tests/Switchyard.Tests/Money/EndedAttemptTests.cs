using System.Net;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Client;
using Switchyard.Models;
using Switchyard.Money;
using Switchyard.Targets;
using Switchyard.Tests.Calls;
using Switchyard.Tests.Client;
using Xunit;
using Given = Switchyard.Tests.Client.Given;

namespace Switchyard.Tests.Money;

/// <summary>Budgets that are checked for each attempt: an attempt that has ended holds its cost and no more.</summary>
public sealed class EndedAttemptTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_failed_attempt_leaves_room_for_the_next_one_in_the_budget_of_their_alias()
    {
        var failing = new ScriptedClient(new HttpRequestException("busy", null, HttpStatusCode.ServiceUnavailable));
        var other = new ScriptedClient("hello");
        await using var given = Given.AnEngineWith(
            failing,
            options =>
            {
                options.Prices.Models["acme/small"] = new() { Input = 1, Output = 10 };
                options.Prices.Models["other/large"] = new() { Input = 1, Output = 10 };
                options.Models["fast"] = new()
                {
                    Targets = [new() { Model = "acme/small" }],
                    Fallback = [new() { Model = "other/large" }],
                };
                // A thousand tokens at $10 for a million are $0.01.
                options.Budgets.Named["fast"] = new() { Usd = 0.015m, Period = "lifetime", Model = "fast" };
            },
            builder => builder.AddProvider("other", other, null, "large"));

        var answer = await new SwitchyardChatClient(given.Engine, "fast").GetResponseAsync("hi", new() { MaxOutputTokens = 1000 }, Stop);

        Assert.Equal("hello", answer.Text);
        Assert.NotEmpty(failing.Asked);
        var account = Assert.Single(given.Engine.Money.Book.Accounts);
        Assert.Equal(0, account.Reserved);
        Assert.InRange(account.Spent, 1, 1_000_000);
    }

    [Theory]
    [InlineData(AttemptOutcome.Failed, 0, 0)]
    [InlineData(AttemptOutcome.BrokeOff, 60_000, 60_000)]
    [InlineData(AttemptOutcome.Running, 0, 100_000)]
    public void What_an_attempt_holds_of_its_targets_budgets_becomes_its_cost_when_it_has_ended(
        AttemptOutcome outcome, long cost, long held)
    {
        var call = SomeCall.Of();
        var account = new BudgetAccount(
            new BudgetRule { Name = "acme", Limit = 200_000, Period = new(BudgetPeriodKind.Lifetime), IsStrict = true }, "acme|lifetime",
            null, s_now, DateTimeOffset.MaxValue, spent: 0, held: 0);
        var reservation = new Reservation([]);
        var attempt = call.BeginAttempt(Target());
        Assert.Null(reservation.TryHold(attempt, [account], 100_000, s_now));
        attempt.Sending();
        if (cost > 0)
        {
            // 10 tokens at 2 dollars for a million, and 5 at 8.
            attempt.Opened();
            attempt.Observe(new TokenUsage { Input = 10, Output = 5 });
        }

        if (outcome != AttemptOutcome.Running)
            attempt.End(outcome, SomeCall.Error(CallErrorKind.UpstreamUnavailable));

        reservation.ReleaseEnded(call, s_now);
        reservation.ReleaseEnded(call, s_now);

        Assert.Equal((0, held, held), (account.Spent, account.Reserved, reservation.Most));
        attempt.End(AttemptOutcome.Failed, SomeCall.Error(CallErrorKind.UpstreamUnavailable));
        reservation.Settle(call, s_now);
        Assert.Equal((cost, 0), (account.Spent, account.Reserved));
        reservation.ReleaseEnded(call, s_now);
        Assert.Equal((cost, 0), (account.Spent, account.Reserved));
    }

    private static Deployment Target() => new("acme", "m", new NoBinding(), new DeploymentState())
    {
        Price = new ModelPrice(new ModelPricing
        {
            Source = new() { Name = "test", Commit = "none", Date = new DateOnly(2026, 1, 1), Licence = "MIT" },
            Rates = new() { Input = 2, Output = 8 },
        }),
    };

    private sealed class NoBinding : IDeploymentBinding;
}
