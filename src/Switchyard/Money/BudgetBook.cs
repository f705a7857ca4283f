using System.Collections.Concurrent;
using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Money;

/// <summary>
/// The accounts of all budgets, in all configurations: what was spent does not begin anew with a reload. An account begins with what the
/// ledger knows of it. Thread-safe.
/// </summary>
internal sealed class BudgetBook(TimeProvider time)
{
    // How many accounts are opened before those of ended periods are forgotten.
    private const int Sweep = 10_000;

    private readonly ConcurrentDictionary<AccountKey, BudgetAccount> _accounts = new();
    private readonly ConcurrentDictionary<string, long> _held = new(StringComparer.Ordinal);

    // What calls whose end was not known have cost, of accounts that were not open when that was decided.
    private readonly Dictionary<string, long> _resolved = new(StringComparer.Ordinal);
    private readonly Lock _opening = new();
    private LedgerState _before = LedgerState.Empty;
    private IBudgetShares? _shares;
    private int _opened;

    /// <summary>Every account that is open, but for those of budgets and periods that the configuration does not have any more.</summary>
    public IReadOnlyCollection<BudgetAccount> Accounts => [.. _accounts.Values.Where(account => !account.IsReplaced)];

    /// <summary>Begins with what was spent before this process.</summary>
    public void Open(LedgerState opening, IBudgetShares? shares)
    {
        (_before, _shares) = (opening, shares);
        foreach (var unknown in opening.Unknown)
        {
            foreach (var account in unknown.Budgets)
                _held.AddOrUpdate(account, unknown.WorstCase, (_, held) => held + unknown.WorstCase);
        }
    }

    /// <summary>Lets open accounts take the rules of a new configuration.</summary>
    public void Follow(IEnumerable<BudgetRule> rules)
    {
        var byName = rules.ToDictionary(rule => rule.Name, StringComparer.OrdinalIgnoreCase);
        lock (_opening)
        {
            foreach (var (key, account) in _accounts)
            {
                account.IsReplaced = !byName.TryGetValue(key.Budget, out var rule) || rule.Period != key.Period;
                if (account.IsReplaced)
                    continue;
                var wasStrict = account.IsStrict;
                account.Follow(rule!);
                if (!wasStrict)
                    Share(account);
            }
        }
    }

    /// <summary>The account of a budget, for the period that contains now.</summary>
    /// <param name="rule">The budget.</param>
    /// <param name="scope">Whose account; null of a budget with one for all.</param>
    /// <param name="now">The time.</param>
    public BudgetAccount AccountOf(BudgetRule rule, string? scope, DateTimeOffset now)
    {
        var key = new AccountKey(rule.Name, scope, rule.Period);
        if (_accounts.TryGetValue(key, out var account) && now < account.End)
            return account;
        return Turn(key, rule, now);
    }

    /// <summary>Ends what a call held whose end was not known.</summary>
    public void Resolve(LedgerEntry unknown, long cost)
    {
        var now = time.GetUtcNow();
        // An account that is opened meanwhile would begin without it.
        lock (_opening)
        {
            foreach (var id in unknown.Budgets)
            {
                if (_accounts.Values.FirstOrDefault(account => account.Id == id) is { } account)
                {
                    account.Settle(unknown.WorstCase, cost, now);
                    continue;
                }

                _held.AddOrUpdate(id, 0, (_, held) => Math.Max(0, held - unknown.WorstCase));
                _resolved[id] = _resolved.GetValueOrDefault(id) + cost;
            }
        }
    }

    private BudgetAccount Turn(AccountKey key, BudgetRule rule, DateTimeOffset now)
    {
        // One at a time, so that of the calls which begin a period together each gets the same account.
        lock (_opening)
        {
            if (_accounts.TryGetValue(key, out var known) && now < known.End)
                return known;
            if (++_opened % Sweep == 0)
                ForgetEnded(now);
            return _accounts[key] = New();
        }

        BudgetAccount New()
        {
            var (name, start, end) = rule.Period.At(now, time.LocalTimeZone);
            var id = key.Scope is null ? $"{rule.Name}|{name}" : $"{rule.Name}|{name}|{key.Scope}";
            var spent = _before.Spent.GetValueOrDefault(id) + _resolved.GetValueOrDefault(id);
            var account = new BudgetAccount(
                rule, id, key.Scope, start, end, spent, _held.GetValueOrDefault(id), _before.Rolling.GetValueOrDefault(id));
            _shares?.Follow(account);
            Share(account);
            return account;
        }
    }

    /// <summary>Lets a process spend of a strict budget that several share only what it was given of it.</summary>
    private void Share(BudgetAccount account)
    {
        if (_shares is not null && account.IsStrict)
            account.Share();
    }

    private void ForgetEnded(DateTimeOffset now)
    {
        foreach (var (key, account) in _accounts)
        {
            if (now >= account.End && account.Reserved == 0)
                _accounts.TryRemove(new(key, account));
        }
    }

    private readonly record struct AccountKey(string Budget, string? Scope, BudgetPeriod Period);
}
