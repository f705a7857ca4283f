using System.Collections.Concurrent;
using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Money;

/// <summary>
/// The accounts of all budgets, in all configurations: a reload does not reset spending. An account starts with the ledger's figures for
/// it. Thread-safe.
/// </summary>
internal sealed class BudgetBook(TimeProvider time)
{
    // The least number of accounts opened between two searches for unused ones. Of many accounts it is half of them, so that a search
    // costs each opened account little.
    private const int Sweep = 10_000;

    // How long the account of a conversation is kept without use if its period never ends. A ledger in a file does not read older ones.
    private static readonly TimeSpan s_conversationKept = TimeSpan.FromDays(63);

    // The same for every account with an owner, if a shared database knows its spending.
    private static readonly TimeSpan s_sharedKept = TimeSpan.FromDays(1);

    // End users and conversations may be millions: their accounts are then opened by their next calls.
    private const int MostOpened = 10_000;

    private readonly ConcurrentDictionary<AccountKey, BudgetAccount> _accounts = new();

    // Unused accounts that a call may still refer to: as long as it does, every other call gets the same account and not a second one.
    private readonly Dictionary<AccountKey, WeakReference<BudgetAccount>> _unused = [];

    // The ledger's figures of accounts not opened yet, and the resolved costs of their calls with an unknown outcome. An account takes its
    // part when it is opened.
    private readonly Dictionary<string, long> _spent = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _held = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<SpentThen>> _rolling = new(StringComparer.Ordinal);
    private readonly Lock _opening = new();
    private volatile string[] _ofConversations = [];
    private IBudgetShares? _shares;
    private long _opened;
    private long _nextSweep = Sweep;

    /// <summary>Every open account, except those of budgets and periods that the configuration no longer has.</summary>
    public IReadOnlyCollection<BudgetAccount> Accounts => [.. _accounts.Values.Where(account => !account.IsReplaced)];

    /// <summary>The number of accounts in memory, including unused ones that a call may still refer to.</summary>
    public int Count
    {
        get
        {
            lock (_opening)
                return _accounts.Count + _unused.Count;
        }
    }

    /// <summary>Starts with the amounts spent before this process.</summary>
    public void Open(LedgerState opening, IBudgetShares? shares)
    {
        lock (_opening)
        {
            _shares = shares;
            foreach (var (account, spent) in opening.Spent)
                _spent[account] = spent;
            foreach (var (account, parts) in opening.Rolling)
                _rolling[account] = parts;
            foreach (var unknown in opening.Unknown)
            {
                foreach (var account in unknown.Budgets)
                    _held[account] = _held.GetValueOrDefault(account) + unknown.WorstCase;
            }
        }
    }

    /// <summary>Records which budgets have an account for each conversation in a period that never ends.</summary>
    public void Know(IEnumerable<BudgetRule> rules) => _ofConversations =
    [
        .. rules.Where(rule => rule is { Per: BudgetScope.Session, Period.Kind: BudgetPeriodKind.Lifetime })
            .Select(rule => $"{rule.Name}|lifetime|"),
    ];

    /// <summary>Whether an account, given by its id, belongs to one conversation and has a period that never ends.</summary>
    public bool IsOfConversation(string account)
    {
        foreach (var prefix in _ofConversations)
        {
            if (account.StartsWith(prefix, StringComparison.Ordinal))
                return true;
        }

        return false;
    }

    /// <summary>Applies the rules of a new configuration to open accounts.</summary>
    public void Follow(IEnumerable<BudgetRule> rules)
    {
        var byName = rules.ToDictionary(rule => rule.Name, StringComparer.OrdinalIgnoreCase);
        Know(byName.Values);
        lock (_opening)
        {
            foreach (var (key, account) in _accounts.Concat(UnusedInHand()))
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

        OpenKnown(byName.Values);
    }

    /// <summary>The account of a budget, for the period that contains now.</summary>
    /// <param name="rule">The budget.</param>
    /// <param name="scope">The owner of the account; null if the budget has a single account.</param>
    /// <param name="now">The time.</param>
    public BudgetAccount AccountOf(BudgetRule rule, string? scope, DateTimeOffset now)
    {
        var key = new AccountKey(rule.Name, scope, rule.Period);
        if (_accounts.TryGetValue(key, out var account) && now < account.End)
            return account;
        return Turn(key, rule, now);
    }

    /// <summary>
    /// Opens the accounts that the ledger has figures of, so that they are listed before the first call: after a restart a budget must not
    /// look unused. With a shared database each is read when a call needs it, and with very many owners each of theirs.
    /// </summary>
    private void OpenKnown(IEnumerable<BudgetRule> rules)
    {
        lock (_opening)
        {
            if (_spent.Count + _held.Count == 0)
                return;
        }

        var now = time.GetUtcNow();
        var byPeriod = new Dictionary<string, BudgetRule>(StringComparer.Ordinal);
        foreach (var rule in rules)
            byPeriod[IdOf(rule, rule.Period.At(now, time.LocalTimeZone).Name, scope: null)] = rule;
        string[] known;
        lock (_opening)
        {
            // Every change of a key comes here: it must not copy the ids of millions while calls wait for their accounts.
            known = _spent.Count + _held.Count > MostOpened
                ? [.. byPeriod.Keys.Where(id => _spent.ContainsKey(id) || _held.ContainsKey(id))]
                : [.. _spent.Keys.Union(_held.Keys, StringComparer.Ordinal)];
        }

        foreach (var id in known)
        {
            if (byPeriod.TryGetValue(id, out var rule))
            {
                if (rule.Per is null)
                    AccountOf(rule, scope: null, now);
            }
            // name|period|owner: an owner may contain the separator, a period does not.
            else if (id.Split('|', 3) is [var name, var period, var owner]
                && byPeriod.TryGetValue($"{name}|{period}", out rule) && rule.Per is not null)
            {
                AccountOf(rule, owner, now);
            }
        }
    }

    private static string IdOf(BudgetRule rule, string period, string? scope) =>
        scope is null ? $"{rule.Name}|{period}" : $"{rule.Name}|{period}|{scope}";

    /// <summary>Releases the amount held by a call whose outcome was unknown.</summary>
    public void Resolve(LedgerEntry unknown, long cost)
    {
        var now = time.GetUtcNow();
        // An account opened meanwhile would start without it.
        lock (_opening)
        {
            foreach (var id in unknown.Budgets)
            {
                if (_accounts.FirstOrDefault(open => open.Value.Id == id).Value is { } account)
                {
                    account.Settle(unknown.WorstCase, cost, now);
                    continue;
                }

                if (_held.TryGetValue(id, out var held))
                    _held[id] = Math.Max(0, held - unknown.WorstCase);
                _spent[id] = _spent.GetValueOrDefault(id) + cost;
            }
        }
    }

    private BudgetAccount Turn(AccountKey key, BudgetRule rule, DateTimeOffset now)
    {
        // One at a time, so that all calls that begin a period together get the same account.
        lock (_opening)
        {
            if (_accounts.TryGetValue(key, out var known) && now < known.End)
                return known;
            if (++_opened >= _nextSweep)
            {
                ForgetUnused(now);
                _nextSweep = _opened + Math.Max(Sweep, _accounts.Count / 2);
            }

            // The sweep puts an unused account back whose last call has spent since.
            return _accounts[key] = _accounts.TryGetValue(key, out known) && now < known.End ? known : TakeBack(key, now) ?? New();
        }

        BudgetAccount New()
        {
            var (name, start, end) = rule.Period.At(now, time.LocalTimeZone);
            var id = IdOf(rule, name, key.Scope);
            // Taken and not read: an account that is opened once more must not count it twice.
            _spent.Remove(id, out var spent);
            _held.Remove(id, out var held);
            _rolling.Remove(id, out var earlier);
            var account = new BudgetAccount(rule, id, key.Scope, start, end, spent, held, earlier) { UsedAt = now };
            _shares?.Follow(account);
            Share(account);
            return account;
        }
    }

    /// <summary>Limits this process to its granted share of a shared strict budget.</summary>
    private void Share(BudgetAccount account)
    {
        if (_shares is not null && account.IsStrict)
            account.Share();
    }

    /// <summary>Removes accounts of ended periods and unused ones from memory. Called under the lock.</summary>
    private void ForgetUnused(DateTimeOffset now)
    {
        foreach (var (key, reference) in _unused)
        {
            if (!reference.TryGetTarget(out var account) || now >= account.End)
            {
                _unused.Remove(key);
            }
            else if (!IsUnused(key, account, now))
            {
                // The call that still refers to it uses it.
                Return(key, account);
            }
            else
            {
                _shares?.Leave(account);
            }
        }

        foreach (var (key, account) in _accounts)
        {
            if (now >= account.End)
            {
                if (account.Reserved == 0)
                    _accounts.TryRemove(new(key, account));
            }
            else if (IsUnused(key, account, now))
            {
                Leave(key, account, now);
            }
        }
    }

    private void Leave(AccountKey key, BudgetAccount account, DateTimeOffset now)
    {
        // Whatever a call that still refers to it spends must stay when that call has ended.
        account.WhenSettled(() => Return(key, account));
        _shares?.Leave(account);
        Interlocked.MemoryBarrier();
        // A call may have used it before that.
        if (!IsUnused(key, account, now))
        {
            account.WhenSettled(null);
            _shares?.Follow(account);
            return;
        }

        _unused[key] = new(account);
        _accounts.TryRemove(new(key, account));
    }

    private void Return(AccountKey key, BudgetAccount account)
    {
        lock (_opening)
        {
            account.WhenSettled(null);
            if (!_unused.TryGetValue(key, out var reference) || !reference.TryGetTarget(out var known) || known != account)
                return;
            _unused.Remove(key);
            _accounts[key] = account;
            _shares?.Follow(account);
        }
    }

    /// <summary>
    /// Whether memory does not need an account: it has an owner, holds nothing, and starts again with the same figures if it is opened
    /// again. A shared database knows its figures; in a process of its own a rolling account has none left. Only the account of a
    /// conversation that was not continued for long loses what it spent.
    /// </summary>
    private bool IsUnused(AccountKey key, BudgetAccount account, DateTimeOffset now)
    {
        if (key.Scope is null)
            return false;
        account.Forget(now);
        if (account.Reserved != 0 || account.InHand != 0)
            return false;
        if (_shares is not null)
            return now - account.UsedAt >= s_sharedKept;
        return key.Period.Kind switch
        {
            BudgetPeriodKind.Rolling => account.OwnSpent == 0,
            BudgetPeriodKind.Lifetime => account.Rule.Per == BudgetScope.Session && now - account.UsedAt >= s_conversationKept,
            _ => false,
        };
    }

    /// <summary>An unused account that a call still refers to; null if none does. Called under the lock.</summary>
    private BudgetAccount? TakeBack(AccountKey key, DateTimeOffset now)
    {
        if (!_unused.Remove(key, out var reference) || !reference.TryGetTarget(out var account) || now >= account.End)
            return null;
        account.WhenSettled(null);
        if (_spent.Remove(account.Id, out var resolved))
            account.Settle(0, resolved, now);
        _shares?.Follow(account);
        return account;
    }

    private IEnumerable<KeyValuePair<AccountKey, BudgetAccount>> UnusedInHand()
    {
        foreach (var (key, reference) in _unused)
        {
            if (reference.TryGetTarget(out var account))
                yield return new(key, account);
        }
    }

    private readonly record struct AccountKey(string Budget, string? Scope, BudgetPeriod Period);
}
