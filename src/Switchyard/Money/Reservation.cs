using Switchyard.Calls;
using Switchyard.Targets;

namespace Switchyard.Money;

/// <summary>
/// The amounts one call holds in its budgets: at any time the cost of its ended attempts plus the maximum cost of its running ones. Settled
/// once. Thread-safe, because two attempts of a call may run at once.
/// </summary>
/// <param name="accounts">The accounts that the call counts for, regardless of its target.</param>
internal sealed class Reservation(IReadOnlyList<BudgetAccount> accounts)
{
    private readonly Lock _gate = new();
    private readonly string[] _ids = IdsOf(accounts);
    private List<HeldTarget>? _targets;
    private bool _isSettled;

    /// <summary>The accounts that the call counts for, regardless of its target.</summary>
    public IReadOnlyList<BudgetAccount> Accounts => accounts;

    /// <summary><see cref="Accounts"/>, and the accounts of its attempts' targets.</summary>
    public IReadOnlyList<BudgetAccount> AllAccounts
    {
        get
        {
            lock (_gate)
                return _targets is null ? accounts : [.. accounts, .. _targets.SelectMany(target => target.Accounts).Distinct()];
        }
    }

    /// <summary>The amount held in each of <see cref="Accounts"/>, in nano-dollars.</summary>
    public long Held { get; private set; }

    /// <summary>The ids of all accounts that the call counts for while it runs.</summary>
    public IReadOnlyList<string> AllIds
    {
        get
        {
            lock (_gate)
                return _targets is null ? _ids : IdsOf(AllAccounts);
        }
    }

    /// <summary>The largest amount held in any account, in nano-dollars.</summary>
    public long Most
    {
        get
        {
            lock (_gate)
            {
                return _targets is null ? Held : _targets
                    .SelectMany(target => target.Accounts, static (target, account) => (account, target.Amount))
                    .GroupBy(held => held.account, static (_, held) => held.Sum(one => one.Amount))
                    .Append(Held).Max();
            }
        }
    }

    /// <summary>Runs an action unless the call has been settled; the settlement waits for it.</summary>
    public void WhileOpen(Action act)
    {
        lock (_gate)
        {
            if (!_isSettled)
                act();
        }
    }

    /// <summary>Reserves more in all accounts, or in none; returns the first account without room, or null.</summary>
    public BudgetAccount? TryHold(long more, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (more <= 0 || _isSettled)
                return null;
            if (TryReserve(accounts, more, now) is { } full)
                return full;
            Held += more;
            return null;
        }
    }

    /// <summary>Reserves in the accounts of an attempt's target, all or none; returns the first without room, or null.</summary>
    public BudgetAccount? TryHold(Attempt attempt, IReadOnlyList<BudgetAccount> targets, long amount, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (targets.Count == 0 || _isSettled)
                return null;
            if (TryReserve(targets, amount, now) is { } full)
                return full;
            (_targets ??= []).Add(new(attempt, targets, amount));
            return null;
        }
    }

    /// <summary>
    /// Reduces the amounts held for the targets of ended attempts to the cost of those attempts: otherwise an attempt that failed and cost
    /// nothing would leave no room for the next one.
    /// </summary>
    public void ReleaseEnded(ModelCall call, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (_isSettled || _targets is null)
                return;
            for (var i = 0; i < _targets.Count; i++)
            {
                var held = _targets[i];
                if (held.Attempt.Outcome == AttemptOutcome.Running)
                    continue;
                var cost = Settlement.CostOf(call, held.Attempt);
                if (cost >= held.Amount)
                    continue;
                foreach (var account in held.Accounts)
                    account.Settle(held.Amount - cost, 0, now);
                _targets[i] = held with { Amount = cost };
            }
        }
    }

    /// <summary>The ids of the accounts that the call counts for, and those of an attempt's target; null for no attempt.</summary>
    public IReadOnlyList<string> AccountIdsFor(Attempt? attempt)
    {
        lock (_gate)
        {
            return attempt is not null && _targets?.Find(held => held.Attempt == attempt) is { } held
                ? [.. _ids, .. IdsOf(held.Accounts)]
                : _ids;
        }
    }

    /// <summary>The accounts that the call counts for with one of its attempts.</summary>
    public IReadOnlyList<BudgetAccount> AccountsFor(Attempt attempt)
    {
        lock (_gate)
            return _targets?.Find(held => held.Attempt == attempt) is { } held ? [.. accounts, .. held.Accounts] : accounts;
    }

    /// <summary>Replaces the reservation by the cost of the call's attempts, once.</summary>
    public void Settle(ModelCall call, DateTimeOffset now)
    {
        var spent = call.AttemptCount == 1
            ? Settlement.CostOf(call, call.Attempt!)
            : call.Attempts.Sum(attempt => Settlement.CostOf(call, attempt));
        lock (_gate)
        {
            if (_isSettled)
                return;
            _isSettled = true;
            foreach (var account in accounts)
                account.Settle(Held, spent, now);
            foreach (var target in _targets ?? [])
            {
                foreach (var account in target.Accounts)
                    account.Settle(target.Amount, Settlement.CostOf(call, target.Attempt), now);
            }
        }
    }

    private static BudgetAccount? TryReserve(IReadOnlyList<BudgetAccount> all, long amount, DateTimeOffset now)
    {
        for (var i = 0; i < all.Count; i++)
        {
            if (all[i].TryReserve(amount, now))
                continue;
            var full = all[i];
            while (--i >= 0)
                all[i].Settle(amount, 0, now);
            return full;
        }

        return null;
    }

    private static string[] IdsOf(IReadOnlyList<BudgetAccount> accounts)
    {
        var ids = accounts.Count == 0 ? [] : new string[accounts.Count];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = accounts[i].Id;
        return ids;
    }

    private sealed record HeldTarget(Attempt Attempt, IReadOnlyList<BudgetAccount> Accounts, long Amount);
}
