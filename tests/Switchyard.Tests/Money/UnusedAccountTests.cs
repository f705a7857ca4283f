using System.Runtime.CompilerServices;
using Microsoft.Extensions.Time.Testing;
using Switchyard.Money;
using Xunit;

namespace Switchyard.Tests.Money;

/// <summary>Unused accounts are removed from memory, and no spending is lost and no limit exceeded because of it.</summary>
public sealed class UnusedAccountTests
{
    private static readonly DateTimeOffset s_noon = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    private readonly BudgetBook _book = new(new FakeTimeProvider(s_noon));
    private int _others;

    [Theory]
    [InlineData("lifetime", 64 * 24)]
    [InlineData("1h", 2)]
    public void A_million_conversations_leave_only_the_accounts_in_use_in_memory(string period, int hours)
    {
        var rule = PerSession(period);
        var (now, most) = (s_noon, 0);
        for (var round = 0; round < 20; round++)
        {
            Converse(rule, round, now);
            now = now.AddHours(hours);
            GC.Collect();
            most = Math.Max(most, _book.Count);
        }

        Assert.InRange(most, 50_000, 200_000);
    }

    [Fact]
    public void Accounts_of_end_users_and_of_a_whole_budget_are_kept_however_long_they_are_not_used()
    {
        var (users, all) = (Rule("users", "lifetime", BudgetScope.EndUser), Rule("total", "1h", per: null));
        _book.AccountOf(users, "ada", s_noon).Settle(0, 30, s_noon);
        var total = _book.AccountOf(all, null, s_noon);
        var later = s_noon.AddDays(1000);

        OpenOthers(later);

        Assert.Contains(total, _book.Accounts);
        Assert.Equal(30, _book.AccountOf(users, "ada", later).Spent);
    }

    [Theory]
    [InlineData("lifetime", 62 * 24, true)]
    [InlineData("lifetime", 64 * 24, false)]
    [InlineData("2h", 1, true)]
    [InlineData("2h", 3, false)]
    public void A_conversation_keeps_its_account_until_it_was_not_used_for_long_or_its_spending_is_free_again(
        string period, int hours, bool isKept)
    {
        var account = _book.AccountOf(PerSession(period), "it", s_noon);
        account.Settle(0, 30, s_noon);

        OpenOthers(s_noon.AddHours(hours));

        Assert.Equal(isKept, _book.Accounts.Contains(account));
    }

    [Theory]
    [InlineData("lifetime", 64 * 24)]
    [InlineData("1h", 2)]
    public void A_call_that_refers_to_an_account_while_it_is_forgotten_shares_it_with_every_other_call(string period, int hours)
    {
        var rule = PerSession(period);
        var account = _book.AccountOf(rule, "it", s_noon);
        var later = s_noon.AddHours(hours);
        OpenOthers(later);
        Assert.DoesNotContain(account, _book.Accounts);

        Assert.True(account.TryReserve(60, later));
        Assert.Same(account, _book.AccountOf(rule, "it", later));
        Assert.False(_book.AccountOf(rule, "it", later).TryReserve(41, later));
        account.Settle(60, 60, later);

        Assert.Equal((60, 0), (_book.AccountOf(rule, "it", later).Spent, account.Reserved));
    }

    [Theory]
    [InlineData("lifetime", 64 * 24, 60)]
    [InlineData("lifetime", 64 * 24, 0)]
    [InlineData("1h", 2, 60)]
    [InlineData("1h", 2, 0)]
    public void What_a_call_spends_of_an_account_that_was_forgotten_meanwhile_counts_when_the_call_has_ended(
        string period, int hours, int reserved)
    {
        var rule = PerSession(period);
        var later = s_noon.AddHours(hours);
        SpendForgotten(rule, reserved, later);

        GC.Collect();

        Assert.Equal(60, _book.AccountOf(rule, "it", later).Spent);
        Assert.False(_book.AccountOf(rule, "it", later).TryReserve(41, later));
    }

    [Fact]
    public void An_account_that_a_call_used_after_it_was_forgotten_is_listed_again_and_follows_new_rules()
    {
        var rule = PerSession("1h");
        var account = _book.AccountOf(rule, "it", s_noon);
        OpenOthers(s_noon);
        Assert.DoesNotContain(account, _book.Accounts);
        _book.Follow([PerSession("1h", limit: 50)]);

        Assert.Equal(50, account.Limit);
        Assert.True(account.TryReserve(20, s_noon));
        OpenOthers(s_noon);

        Assert.Contains(account, _book.Accounts);
    }

    [Fact]
    public async Task Calls_that_race_with_the_forgetting_of_an_account_never_pass_its_limit_together()
    {
        var rule = PerSession("1h", limit: 10);
        var (holders, isPassed) = (0, false);
        using var done = new CancellationTokenSource();
        var forgetting = Task.Run(() =>
        {
            while (!done.IsCancellationRequested)
                OpenOthers(s_noon);
        });
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 100_000; i++)
            {
                var account = _book.AccountOf(rule, "it", s_noon);
                if (!account.TryReserve(10, s_noon))
                    continue;
                if (Interlocked.Increment(ref holders) > 1)
                    Volatile.Write(ref isPassed, true);
                Interlocked.Decrement(ref holders);
                // It has no spending and no reservation: it may be removed between any two calls.
                account.Settle(10, 0, s_noon);
            }
        })));
        await done.CancelAsync();
        await forgetting;

        Assert.False(isPassed);
    }

    [Fact]
    public void What_an_unknown_call_held_is_not_held_again_by_an_account_that_is_opened_once_more()
    {
        var rule = PerSession("1h");
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
            Budgets = ["agents|rolling-3600s|it"],
        };
        _book.Open(new LedgerState { Spent = new Dictionary<string, long>(), Unknown = [unknown] }, null);
        Assert.Equal(50, ReservedOf(rule, s_noon));
        _book.Resolve(unknown, 0);

        OpenOthers(s_noon);
        GC.Collect();

        Assert.Equal(0, ReservedOf(rule, s_noon));
    }

    [Fact]
    public void A_shared_account_that_is_not_used_for_a_day_leaves_memory_once_nothing_of_it_is_in_hand()
    {
        var shares = new SeenShares();
        _book.Open(LedgerState.Empty, shares);
        var rule = Rule("users", "lifetime", BudgetScope.EndUser);
        var account = _book.AccountOf(rule, "ada", s_noon);
        account.Grant(40);
        Assert.True(account.TryReserve(40, s_noon));
        account.Settle(40, 25, s_noon);
        var later = s_noon.AddHours(25);

        OpenOthers(later);

        Assert.Contains(account, _book.Accounts);
        Assert.True(account.TrySetAside(15));
        account.EndSetAside(15, isGivenBack: true);

        OpenOthers(later);

        Assert.DoesNotContain(account, _book.Accounts);
        Assert.Contains(account, shares.Left);
        // A call that still refers to it shares it with the next one, and it is tracked again.
        Assert.Same(account, _book.AccountOf(rule, "ada", later));
        Assert.Equal(2, shares.Followed.Count(followed => followed == account));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Converse(BudgetRule rule, int round, DateTimeOffset now)
    {
        for (var i = 0; i < 50_000; i++)
        {
            var account = _book.AccountOf(rule, $"{round} {i}", now);
            Assert.True(account.TryReserve(50, now));
            account.Settle(50, 30, now);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void SpendForgotten(BudgetRule rule, long reserved, DateTimeOffset later)
    {
        var account = _book.AccountOf(rule, "it", s_noon);
        OpenOthers(later);
        Assert.DoesNotContain(account, _book.Accounts);
        Assert.True(account.TryReserve(reserved, later));
        account.Settle(reserved, 60, later);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private long ReservedOf(BudgetRule rule, DateTimeOffset now) => _book.AccountOf(rule, "it", now).Reserved;

    /// <summary>Opens so many other accounts that a search for unused ones starts.</summary>
    private void OpenOthers(DateTimeOffset now)
    {
        var rule = Rule("others", "1h", BudgetScope.Session);
        for (var i = 0; i < 20_000; i++)
            _book.AccountOf(rule, $"{Interlocked.Increment(ref _others)}", now);
    }

    private static BudgetRule PerSession(string period, long limit = 100) => Rule("agents", period, BudgetScope.Session, limit);

    private static BudgetRule Rule(string name, string period, BudgetScope? per, long limit = 100) => new()
    {
        Name = name,
        Limit = limit,
        Period = BudgetRules.ReadPeriod(period)!.Value,
        IsStrict = true,
        Per = per,
    };

    private sealed class SeenShares : IBudgetShares
    {
        public List<BudgetAccount> Followed { get; } = [];

        public List<BudgetAccount> Left { get; } = [];

        public void Follow(BudgetAccount account) => Followed.Add(account);

        public void Leave(BudgetAccount account) => Left.Add(account);

        public ValueTask AskAsync(BudgetAccount account, long need, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}
