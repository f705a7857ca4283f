using Microsoft.Extensions.Time.Testing;
using Switchyard.Money;
using Xunit;

namespace Switchyard.Tests.Money;

/// <summary>Accounts over a restart, over a reload, and beside other gateways.</summary>
public sealed class BudgetBookTests
{
    private static readonly DateTimeOffset s_noon = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(s_noon);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_an_unknown_call_turns_out_to_have_cost_counts_whether_its_account_was_open_or_not(bool isOpen)
    {
        var book = new BudgetBook(_time);
        var unknown = new LedgerEntry
        {
            Call = Guid.NewGuid(),
            RequestId = "r",
            StartedAt = s_noon,
            Outcome = LedgerOutcome.Unknown,
            Alias = "m",
            Provider = "",
            Model = "",
            Operation = "chat",
            WorstCase = 50,
            Budgets = ["key:ci|2026-11"],
        };
        book.Open(new LedgerState { Spent = new Dictionary<string, long> { ["key:ci|2026-11"] = 7 }, Unknown = [unknown] }, null);
        var rule = Rule("key:ci", BudgetPeriodKind.Month);
        if (isOpen)
            Assert.Equal((7, 50), Of(book.AccountOf(rule, null, s_noon)));

        book.Resolve(unknown, 40);

        Assert.Equal((47, 0), Of(book.AccountOf(rule, null, s_noon)));
    }

    [Fact]
    public void A_budget_whose_period_changes_begins_in_the_new_one_and_goes_on_in_the_old_one_when_that_returns()
    {
        var book = new BudgetBook(_time);
        var (month, day) = (Rule("total", BudgetPeriodKind.Month), Rule("total", BudgetPeriodKind.Day, limit: 20));
        book.AccountOf(month, null, s_noon).Settle(0, 90, s_noon);

        book.Follow([day]);
        var today = book.AccountOf(day, null, s_noon);

        Assert.Equal(("total|2026-11-28", 20, 0), (today.Id, today.Limit, today.Spent));
        Assert.Same(today, Assert.Single(book.Accounts));

        book.Follow([month]);

        Assert.Equal(("total|2026-11", 100, 90), (Assert.Single(book.Accounts).Id, Assert.Single(book.Accounts).Limit,
            book.AccountOf(month, null, s_noon).Spent));
    }

    [Fact]
    public void After_a_restart_what_was_spent_is_listed_before_the_first_call()
    {
        var book = new BudgetBook(_time);
        book.Open(
            new LedgerState
            {
                Spent = new Dictionary<string, long>
                {
                    ["total|2026-11"] = 7,
                    ["total|2026-11-28"] = 8,
                    ["users|2026-11|a|b"] = 9,
                    ["users|2026-11"] = 10,
                    ["gone|2026-11"] = 11,
                },
                Unknown = [],
            },
            null);

        book.Follow([Rule("total", BudgetPeriodKind.Month), Rule("unused", BudgetPeriodKind.Month), Users()]);

        Assert.Equal(
            [("total|2026-11", null, 7), ("users|2026-11|a|b", "a|b", 9)],
            book.Accounts.OrderBy(account => account.Id, StringComparer.Ordinal)
                .Select(account => (account.Id, account.Scope, account.Spent)));
        Assert.Equal(9, book.AccountOf(Users(), "a|b", s_noon).Spent);

        book.Follow([Rule("total", BudgetPeriodKind.Day)]);

        Assert.Equal(("total|2026-11-28", 8), (Assert.Single(book.Accounts).Id, Assert.Single(book.Accounts).Spent));

        static BudgetRule Users() => new()
        {
            Name = "users",
            Limit = 100,
            Period = new(BudgetPeriodKind.Month),
            Per = BudgetScope.EndUser,
        };
    }

    [Fact]
    public void After_a_restart_very_many_owners_are_not_opened_before_their_first_calls()
    {
        var book = new BudgetBook(_time);
        var spent = Enumerable.Range(0, 10_000).ToDictionary(user => $"users|2026-11|u-{user}", _ => 9L);
        spent["total|2026-11"] = 7;
        book.Open(new LedgerState { Spent = spent, Unknown = [] }, null);
        var users = new BudgetRule { Name = "users", Limit = 100, Period = new(BudgetPeriodKind.Month), Per = BudgetScope.EndUser };

        book.Follow([Rule("total", BudgetPeriodKind.Month), Rule("unused", BudgetPeriodKind.Month), users]);

        Assert.Equal(("total|2026-11", 7), (Assert.Single(book.Accounts).Id, Assert.Single(book.Accounts).Spent));
        Assert.Equal(9, book.AccountOf(users, "u-1", s_noon).Spent);
    }

    [Fact]
    public void A_shared_budget_that_becomes_strict_spends_only_what_this_process_is_given_from_then_on()
    {
        var shares = new SeenShares();
        var book = new BudgetBook(_time);
        book.Open(LedgerState.Empty, shares);
        var account = book.AccountOf(Rule("total", BudgetPeriodKind.Month), null, s_noon);
        account.Settle(0, 30, s_noon);
        Assert.True(account.TryReserve(1, s_noon));
        account.Settle(1, 0, s_noon);

        book.Follow([Rule("total", BudgetPeriodKind.Month, isStrict: true)]);

        Assert.Same(account, Assert.Single(shares.Followed));
        Assert.False(account.TryReserve(1, s_noon));
        account.Grant(10);
        Assert.True(account.TryReserve(10, s_noon));
        Assert.False(account.TryReserve(1, s_noon));
    }

    [Theory]
    [InlineData("warn")]
    [InlineData("another period")]
    [InlineData("none")]
    public void What_was_given_of_a_shared_budget_that_needs_none_any_more_can_go_back(string change)
    {
        var book = new BudgetBook(_time);
        book.Open(LedgerState.Empty, new SeenShares());
        var account = book.AccountOf(Rule("total", BudgetPeriodKind.Month, isStrict: true), null, s_noon);
        account.Grant(60);
        Assert.True(account.TryReserve(20, s_noon));
        Assert.Equal((true, 40), (account.NeedsShare, account.InHand));

        book.Follow(change switch
        {
            "warn" => [Rule("total", BudgetPeriodKind.Month)],
            "another period" => [Rule("total", BudgetPeriodKind.Day, isStrict: true)],
            _ => [],
        });

        Assert.Equal((false, 40), (account.NeedsShare, account.InHand));
        Assert.Equal(change == "warn", book.Accounts.Contains(account));
        GiveBack(account, 40);
        // The unused part of a call that still ran is returned later.
        account.Settle(20, 5, s_noon);
        Assert.Equal(15, account.InHand);
    }

    [Fact]
    public void A_shared_budget_that_is_strict_again_begins_with_what_was_spent_meanwhile()
    {
        var book = new BudgetBook(_time);
        book.Open(LedgerState.Empty, new SeenShares());
        var strict = Rule("total", BudgetPeriodKind.Month, limit: 1000, isStrict: true);
        var account = book.AccountOf(strict, null, s_noon);
        account.Grant(60);
        book.Follow([Rule("total", BudgetPeriodKind.Month, limit: 1000)]);
        GiveBack(account, 40);
        Assert.True(account.TryReserve(500, s_noon));
        account.Settle(500, 500, s_noon);

        book.Follow([strict]);

        Assert.False(account.TryReserve(1, s_noon));
        account.Grant(10);
        Assert.True(account.TryReserve(10, s_noon));
        Assert.False(account.TryReserve(1, s_noon));
    }

    [Fact]
    public void What_a_rolling_budget_spent_before_a_start_is_free_when_its_time_has_passed_and_not_a_whole_length_later()
    {
        const string Account = "total|rolling-86400s";
        var book = new BudgetBook(_time);
        book.Open(
            new LedgerState
            {
                Spent = new Dictionary<string, long> { [Account] = 90 },
                Unknown = [],
                Rolling = new Dictionary<string, IReadOnlyList<SpentThen>>
                {
                    [Account] = [new(s_noon.AddHours(-23), 80), new(s_noon.AddHours(-1), 10)],
                },
            },
            null);
        var rule = new BudgetRule
        {
            Name = "total",
            Limit = 100,
            Period = new(BudgetPeriodKind.Rolling, TimeSpan.FromHours(24)),
            IsStrict = true,
        };
        var account = book.AccountOf(rule, null, s_noon);

        Assert.Equal(90, account.Spent);
        Assert.False(account.TryReserve(50, s_noon));
        Assert.True(account.TryReserve(50, s_noon.AddHours(2)));
        Assert.Equal((10, 50), Of(account));
    }

    private static void GiveBack(BudgetAccount account, long amount)
    {
        Assert.True(account.TrySetAside(amount));
        account.EndSetAside(amount, isGivenBack: true);
    }

    private static (long Spent, long Reserved) Of(BudgetAccount account) => (account.Spent, account.Reserved);

    private static BudgetRule Rule(string name, BudgetPeriodKind period, long limit = 100, bool isStrict = false) => new()
    {
        Name = name,
        Limit = limit,
        Period = new(period),
        IsStrict = isStrict,
    };

    private sealed class SeenShares : IBudgetShares
    {
        public List<BudgetAccount> Followed { get; } = [];

        public void Follow(BudgetAccount account) => Followed.Add(account);

        public ValueTask AskAsync(BudgetAccount account, long need, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}
