using System.Data.Common;
using System.Net.Sockets;
using Switchyard.Canonical;

namespace Switchyard.Money;

/// <summary>The budgets of an engine: what is spent, and the calls whose end is not known. Thread-safe.</summary>
public sealed class Budgets
{
    private readonly MoneyDesk _desk;
    private readonly TimeProvider _time;

    internal Budgets(MoneyDesk desk, TimeProvider time) => (_desk, _time) = (desk, time);

    /// <summary>
    /// Every account that has been used since the process began, sorted by its id. A budget that no call has counted for has none yet.
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

    /// <summary>
    /// The accounts that are used most, those first, and how many there are; of very many without looking at each closely.
    /// </summary>
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
    /// Which lines of the ledger an account counts; null where there is no such account, or a filter cannot say it: a budget of a model may
    /// mean a pattern, or the name that was asked for.
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

    /// <summary>The calls whose end is not known, oldest first; empty without a ledger.</summary>
    /// <exception cref="LedgerException">The ledger's database is away.</exception>
    public ValueTask<IReadOnlyList<LedgerEntry>> FindUnknownAsync(CancellationToken cancellationToken = default) =>
        _desk.Ledger is { } ledger ? AskAsync(ledger.FindUnknownAsync(cancellationToken)) : new([]);

    /// <summary>Decides what a call cost whose end is not known: its budgets then hold no more for it.</summary>
    /// <param name="call">Its id in the ledger.</param>
    /// <param name="cost">US dollars; 0 for a call that was not billed.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>False where no such call is unknown.</returns>
    /// <exception cref="LedgerException">The ledger's database is away.</exception>
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

/// <summary>What one budget has spent in one period. Immutable.</summary>
/// <param name="Id">The account: <c>total|2026-11-28</c>.</param>
/// <param name="Budget">The budget's name.</param>
/// <param name="Scope">Whose account it is, of a budget with one for each; null where it has only one.</param>
/// <param name="Limit">What may be spent, in nano-dollars.</param>
/// <param name="Spent">What is spent, in nano-dollars.</param>
/// <param name="Reserved">What running calls, and calls whose end is not known, hold; in nano-dollars.</param>
/// <param name="IsStrict">Whether it refuses calls when it is used up.</param>
/// <param name="Start">When the period began; of a rolling one always its length ago.</param>
/// <param name="End">When it ends; null for one that does not.</param>
/// <param name="UsedUpAt">When it is used up if it goes on like this; null where it is not before the period ends.</param>
public sealed record BudgetStatus(
    string Id,
    string Budget,
    string? Scope,
    long Limit,
    long Spent,
    long Reserved,
    bool IsStrict,
    DateTimeOffset Start,
    DateTimeOffset? End,
    DateTimeOffset? UsedUpAt)
{
    internal static BudgetStatus Of(BudgetAccount account, DateTimeOffset now)
    {
        // Else a rolling budget that nobody uses would look as full as when it was last used.
        account.Forget(now);
        DateTimeOffset? end = account.End == DateTimeOffset.MaxValue ? null : account.End;
        var start = account.Rule.Period is { Kind: BudgetPeriodKind.Rolling, Length: var length } ? now - length : account.Start;
        return new(
            account.Id, account.Budget, account.Scope, account.Limit, account.Spent, account.Reserved, account.IsStrict, start, end,
            Forecast(account, now));
    }

    /// <summary>When the budget is used up at the rate of the period so far.</summary>
    internal static DateTimeOffset? Forecast(BudgetAccount account, DateTimeOffset now)
    {
        var (elapsed, spent) = (now - account.Start, account.Spent);
        if (spent >= account.Limit)
            return now;
        // A period that has no end has no rate worth the name, nor has one that has just begun.
        if (spent <= 0 || account.End == DateTimeOffset.MaxValue || elapsed < TimeSpan.FromMinutes(10))
            return null;
        // As a number, because what is left of a budget that is hardly touched lasts longer than a TimeSpan.
        var left = elapsed.TotalDays * ((double)(account.Limit - spent) / spent);
        return left < (account.End - now).TotalDays ? now + TimeSpan.FromDays(left) : null;
    }
}
