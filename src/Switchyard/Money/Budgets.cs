using System.Data.Common;
using System.Net.Sockets;
using Switchyard.Canonical;

namespace Switchyard.Money;

/// <summary>The budgets of an engine: the amounts spent, and the calls whose outcome is unknown. Thread-safe.</summary>
public sealed class Budgets
{
    private readonly MoneyDesk _desk;
    private readonly TimeProvider _time;

    internal Budgets(MoneyDesk desk, TimeProvider time) => (_desk, _time) = (desk, time);

    /// <summary>
    /// Every account in memory, sorted by id. A budget without calls has no account yet; an account that is no longer needed leaves memory.
    /// </summary>
    public IReadOnlyList<BudgetStatus> List()
    {
        var now = _time.GetUtcNow();
        return
        [
            .. _desk.Book.Accounts.Where(account => now < account.End).OrderBy(account => account.Id, StringComparer.Ordinal)
                .Select(account => BudgetStatus.Of(account, now)),
        ];
    }

    /// <summary>The most used accounts, those first, and the number of all; does not compute the figures of every account.</summary>
    internal (IReadOnlyList<BudgetStatus> MostUsed, int All) GetMostUsed(int most)
    {
        var now = _time.GetUtcNow();
        var accounts = _desk.Book.Accounts.Where(account => now < account.End).ToList();
        accounts.ForEach(account => account.Forget(now));
        return (
            [
                .. accounts.Select(account => (Account: account, Use: UseOf(account)))
                    .OrderByDescending(used => used.Use).ThenBy(used => used.Account.Id, StringComparer.Ordinal).Take(most)
                    .Select(used => BudgetStatus.Of(used.Account, now)),
            ],
            accounts.Count);

        static double UseOf(BudgetAccount account) =>
            account.Limit > 0 ? ((double)account.Spent + account.Reserved) / account.Limit : 1;
    }

    /// <summary>
    /// A filter for the ledger lines that an account counts; null if there is no such account, or no filter can express it: a model budget
    /// may be a pattern or an alias.
    /// </summary>
    internal UsageFilter? FilterOf(string id)
    {
        if (_desk.Book.Accounts.FirstOrDefault(account => account.Id == id) is not { Rule: { Model: null } rule } account)
            return null;
        return new()
        {
            Key = rule.Per == BudgetScope.Key ? account.Scope : rule.Key,
            Tenant = rule.Per == BudgetScope.Tenant ? account.Scope : rule.Tenant,
            Tag = rule.Per == BudgetScope.Tag ? account.Scope : rule.Tag,
            EndUser = rule.Per == BudgetScope.EndUser ? account.Scope : null,
            Session = rule.Per == BudgetScope.Session ? account.Scope : null,
            Provider = rule.Provider,
        };
    }

    /// <summary>The calls whose outcome is unknown, oldest first; empty without a ledger.</summary>
    /// <exception cref="LedgerException">The ledger's database is unavailable.</exception>
    public ValueTask<IReadOnlyList<LedgerEntry>> FindUnknownAsync(CancellationToken cancellationToken = default) =>
        _desk.Ledger is { } ledger ? AskAsync(ledger.FindUnknownAsync(cancellationToken)) : new([]);

    /// <summary>Sets the cost of a call whose outcome is unknown; its budgets then release its reservation.</summary>
    /// <param name="call">Its id in the ledger.</param>
    /// <param name="cost">US dollars; 0 for a call that was not billed.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>False if no such call has an unknown outcome.</returns>
    /// <exception cref="LedgerException">The ledger's database is unavailable.</exception>
    public ValueTask<bool> ResolveAsync(Guid call, decimal cost, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(cost);
        return AskAsync(_desk.ResolveAsync(call, TokenCost.ToNano(cost), cancellationToken));
    }

    private static async ValueTask<T> AskAsync<T>(ValueTask<T> answer)
    {
        try
        {
            return await answer.ConfigureAwait(false);
        }
        catch (Exception away) when (away is DbException or SocketException or TimeoutException)
        {
            throw new LedgerException(
                LedgerFailure.Away, "The ledger's database cannot be reached or refuses to answer. Calls go on meanwhile.", away);
        }
    }
}

/// <summary>The state of one budget in one period. Immutable.</summary>
public sealed record BudgetStatus
{
    /// <summary>The account: <c>total|2026-11-28</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The budget's name.</summary>
    public required string Budget { get; init; }

    /// <summary>The owner of the account, if the budget has one account per owner; else null.</summary>
    public string? Scope { get; init; }

    /// <summary>The limit in nano-dollars.</summary>
    public required long Limit { get; init; }

    /// <summary>The amount spent, in nano-dollars.</summary>
    public required long Spent { get; init; }

    /// <summary>The amount held by running calls and by calls whose outcome is unknown, in nano-dollars.</summary>
    public required long Reserved { get; init; }

    /// <summary>Whether it refuses calls when used up.</summary>
    public required bool IsStrict { get; init; }

    /// <summary>When the period began; for a rolling one, its length ago.</summary>
    public required DateTimeOffset Start { get; init; }

    /// <summary>When it ends; null if it does not.</summary>
    public DateTimeOffset? End { get; init; }

    /// <summary>When it will be used up at the current rate; null if not before the period ends.</summary>
    public DateTimeOffset? UsedUpAt { get; init; }

    internal static BudgetStatus Of(BudgetAccount account, DateTimeOffset now)
    {
        // Otherwise an unused rolling budget would look as full as when it was last used.
        account.Forget(now);
        DateTimeOffset? end = account.End == DateTimeOffset.MaxValue ? null : account.End;
        var start = account.Rule.Period is { Kind: BudgetPeriodKind.Rolling, Length: var length } ? now - length : account.Start;
        return new()
        {
            Id = account.Id,
            Budget = account.Budget,
            Scope = account.Scope,
            Limit = account.Limit,
            Spent = account.Spent,
            Reserved = account.Reserved,
            IsStrict = account.IsStrict,
            Start = start,
            End = end,
            UsedUpAt = Forecast(account, now),
        };
    }

    /// <summary>When the budget is used up at the rate of the period so far.</summary>
    internal static DateTimeOffset? Forecast(BudgetAccount account, DateTimeOffset now)
    {
        var (elapsed, spent) = (now - account.Start, account.Spent);
        if (spent >= account.Limit)
            return now;
        // A period without an end, or one that has just begun, has no meaningful rate.
        if (spent <= 0 || account.End == DateTimeOffset.MaxValue || elapsed < TimeSpan.FromMinutes(10))
            return null;
        // As a number of days, because the rest of a barely used budget can last longer than the maximum TimeSpan.
        var left = elapsed.TotalDays * ((double)(account.Limit - spent) / spent);
        return left < (account.End - now).TotalDays ? now + TimeSpan.FromDays(left) : null;
    }
}
