using Switchyard.Canonical;

namespace Switchyard.Money;

/// <summary>
/// The amounts one budget has spent and reserved in one period, in nano-dollars. Reserving and settling are atomic operations on one
/// number, so that calls never wait for each other here, and spent plus reserved never exceeds the ceiling. Thread-safe.
/// </summary>
public sealed class BudgetAccount
{
    private readonly Buckets? _rolling;

    // Held while changing this process's share, so that changes are serialised.
    private readonly Lock _sharing = new();

    // Spent plus reserved: checked against the ceiling by a reservation.
    private long _committed;
    private long _spent;
    private long _limit;
    private long _granted = long.MaxValue;
    private long _elsewhere;
    private int _nextThreshold;
    private long _usedAt;
    private Dictionary<double, string>? _alerts;
    private Action? _whenSettled;

    internal BudgetAccount(
        BudgetRule rule,
        string id,
        string? scope,
        DateTimeOffset start,
        DateTimeOffset end,
        long spent,
        long held,
        IReadOnlyList<SpentThen>? earlier = null)
    {
        Rule = rule;
        Id = id;
        Scope = scope;
        Start = start;
        End = end;
        _limit = rule.Limit;
        _spent = spent;
        _committed = spent + held;
        _rolling = rule.Period.Kind == BudgetPeriodKind.Rolling ? new Buckets(rule.Period.Length, spent, earlier ?? []) : null;
    }

    /// <summary>The budget, its scope if it has several, and the period: <c>total|2026-11-28</c>.</summary>
    public string Id { get; }

    /// <summary>The budget's name.</summary>
    public string Budget => Rule.Name;

    /// <summary>The owner of the account, if the budget has one account per owner; else null.</summary>
    public string? Scope { get; }

    /// <summary>When the period began.</summary>
    public DateTimeOffset Start { get; }

    /// <summary>When it ends; <see cref="DateTimeOffset.MaxValue"/> if it does not.</summary>
    public DateTimeOffset End { get; }

    /// <summary>The limit.</summary>
    public long Limit => Volatile.Read(ref _limit);

    /// <summary>The amount spent, including what this process knows of other processes that share the budget.</summary>
    public long Spent => OwnSpent + Volatile.Read(ref _elsewhere);

    /// <summary>The amount that this process has spent since it started.</summary>
    public long OwnSpent => Volatile.Read(ref _spent);

    /// <summary>The amount held by running calls and by calls whose outcome is unknown.</summary>
    public long Reserved => Math.Max(0, Volatile.Read(ref _committed) - Volatile.Read(ref _spent));

    /// <summary>Whether it refuses calls when it is used up.</summary>
    public bool IsStrict => Rule.IsStrict;

    internal BudgetRule Rule { get; private set; }

    /// <summary>The last time a call reserved or settled, to the hour.</summary>
    internal DateTimeOffset UsedAt
    {
        get => new(Volatile.Read(ref _usedAt), TimeSpan.Zero);
        init => _usedAt = value.UtcTicks;
    }

    /// <summary>
    /// The amount that this process may commit of a shared budget: the shares granted so far. The limit if it is not shared.
    /// </summary>
    internal long Ceiling => Volatile.Read(ref _granted) is var granted && granted == long.MaxValue ? Limit : granted;

    /// <summary>Whether the budget is shared, and the last request for more of it was not answered.</summary>
    public bool IsCutOff { get; private set; }

    /// <summary>
    /// Starts to share the budget: with no share except what it has committed already, and what it was granted and has not returned since
    /// it was last strict.
    /// </summary>
    public void Share()
    {
        lock (_sharing)
        {
            var committed = Volatile.Read(ref _committed);
            if (!IsShared || Volatile.Read(ref _granted) < committed)
                Volatile.Write(ref _granted, committed);
        }
    }

    /// <summary>Whether it may commit only the shares it was granted.</summary>
    internal bool IsShared => Volatile.Read(ref _granted) != long.MaxValue;

    /// <summary>Whether the configuration no longer has a budget with its name and period.</summary>
    internal bool IsReplaced { get; set; }

    /// <summary>Whether it needs a share of a shared budget: it is strict, and its budget is in force.</summary>
    public bool NeedsShare => IsStrict && !IsReplaced;

    /// <summary>
    /// The granted share of a shared budget that is neither spent nor reserved, even if it is no longer needed; 0 if nothing was granted.
    /// </summary>
    public long InHand => IsShared ? Math.Max(0, Ceiling - Volatile.Read(ref _committed)) : 0;

    /// <summary>The amount that this process may still reserve.</summary>
    public long Room => IsStrict ? Math.Max(0, Ceiling - Volatile.Read(ref _committed)) : long.MaxValue;

    /// <summary>
    /// Sets the amount spent by other processes that share the budget, and by this process before its last start. For the
    /// <see cref="IBudgetShares"/> that follows the account.
    /// </summary>
    public void SetSpentElsewhere(long spent) => Volatile.Write(ref _elsewhere, spent);

    /// <summary>Sets whether the last request for more of a shared budget was answered.</summary>
    public void SetAnswered(bool isAnswered) => IsCutOff = !isAnswered;

    /// <summary>Adds a share of a shared budget.</summary>
    public void Grant(long amount)
    {
        lock (_sharing)
            Interlocked.Add(ref _granted, amount);
    }

    /// <summary>The next threshold that was passed and not yet taken; null if none.</summary>
    internal double? TakeThreshold()
    {
        var thresholds = Rule.Thresholds;
        var next = Volatile.Read(ref _nextThreshold);
        if (_rolling is not null && next > 0 && next <= thresholds.Count && Spent < thresholds[next - 1] * Limit)
        {
            // Spending has dropped below them since, so they may be passed again.
            Interlocked.CompareExchange(ref _nextThreshold, thresholds.Count(threshold => Spent >= threshold * Limit), next);
            return null;
        }

        if (next >= thresholds.Count || Spent < thresholds[next] * Limit)
            return null;
        // If several were passed at once, only the highest is reported.
        var passed = next;
        while (passed + 1 < thresholds.Count && Spent >= thresholds[passed + 1] * Limit)
            passed++;
        return Interlocked.CompareExchange(ref _nextThreshold, passed + 1, next) == next ? thresholds[passed] : null;
    }

    /// <summary>Notes the alert of a threshold by its id; false if it is the one noted last.</summary>
    internal bool TryNote(double threshold, string alert)
    {
        var alerts = LazyInitializer.EnsureInitialized(ref _alerts, static () => []);
        lock (alerts)
        {
            if (alerts.GetValueOrDefault(threshold) == alert)
                return false;
            alerts[threshold] = alert;
            return true;
        }
    }

    /// <summary>Sets an amount aside to return it: it can no longer be reserved. False if there is no room for it.</summary>
    public bool TrySetAside(long amount)
    {
        var before = Volatile.Read(ref _committed);
        while (amount <= Ceiling - before)
        {
            var seen = Interlocked.CompareExchange(ref _committed, before + amount, before);
            if (seen == before)
                return true;
            before = seen;
        }

        return false;
    }

    /// <summary>Ends <see cref="TrySetAside"/>.</summary>
    /// <param name="amount">The amount.</param>
    /// <param name="isGivenBack">Whether it was returned, rather than kept.</param>
    public void EndSetAside(long amount, bool isGivenBack)
    {
        lock (_sharing)
        {
            // The ceiling first: in between there is too little room instead of too much.
            if (isGivenBack)
                Interlocked.Add(ref _granted, -amount);
            Interlocked.Add(ref _committed, -amount);
        }
    }

    /// <summary>Applies the rule of a newer configuration.</summary>
    internal void Follow(BudgetRule rule)
    {
        Rule = rule;
        Volatile.Write(ref _limit, rule.Limit);
    }

    /// <summary>Reserves an amount; false if a strict budget has no room for it. A budget that only warns always has room.</summary>
    internal bool TryReserve(long amount, DateTimeOffset now)
    {
        Use(now);
        Forget(now);
        var before = Volatile.Read(ref _committed);
        while (true)
        {
            if (IsStrict && amount > Ceiling - before)
                return false;
            var seen = Interlocked.CompareExchange(ref _committed, Saturated(before, amount), before);
            if (seen == before)
                return true;
            before = seen;
        }
    }

    /// <summary>Replaces a reservation by the amount spent.</summary>
    internal void Settle(long reserved, long spent, DateTimeOffset now)
    {
        Use(now);
        // Spent first: a reader in between sees too little reserved, never too little spent.
        Interlocked.Add(ref _spent, spent);
        Interlocked.Add(ref _committed, spent - reserved);
        _rolling?.Add(spent, now);
        // Read after the figures have changed: the code that sets it reads them afterwards.
        Volatile.Read(ref _whenSettled)?.Invoke();
    }

    /// <summary>Sets what is called after the account was settled; null for nothing.</summary>
    internal void WhenSettled(Action? act) => Volatile.Write(ref _whenSettled, act);

    /// <summary>Removes spending that is older than a rolling budget's length.</summary>
    internal void Forget(DateTimeOffset now)
    {
        if (_rolling?.Expire(now) is not { } expired || expired == 0)
            return;
        Interlocked.Add(ref _spent, -expired);
        lock (_sharing)
        {
            // In a shared budget the amount becomes free for all processes, which ask for it. The ceiling first, so that in between there
            // is too little room instead of too much.
            if (IsShared)
                Interlocked.Add(ref _granted, -expired);
            Interlocked.Add(ref _committed, -expired);
        }
    }

    /// <summary>The name, the amount spent and the limit.</summary>
    public override string ToString() =>
        $"{Id}: {TokenCost.ToDollars(Spent)} of {TokenCost.ToDollars(Limit)} USD spent, {TokenCost.ToDollars(Reserved)} reserved";

    private void Use(DateTimeOffset now)
    {
        // To the hour, so that calls nearly always only read it.
        if (now.UtcTicks - Volatile.Read(ref _usedAt) >= TimeSpan.TicksPerHour)
            Volatile.Write(ref _usedAt, now.UtcTicks);
    }

    private static long Saturated(long left, long right) => right > long.MaxValue - left ? long.MaxValue : left + right;

    /// <summary>
    /// Spending by time, in 96 buckets per length. Spending counts until its bucket is older than the length: up to a 96th too long, never
    /// too short.
    /// </summary>
    private sealed class Buckets
    {
        private const int Count = 96;

        private readonly Lock _gate = new();
        private readonly long _ticks;
        private readonly Queue<(long Bucket, long Amount)> _spent = new();
        private long _open;
        private long _bucket = long.MinValue;

        public Buckets(TimeSpan length, long spent, IReadOnlyList<SpentThen> earlier)
        {
            _ticks = Math.Max(1, length.Ticks / Count);
            foreach (var (at, amount) in earlier)
                _spent.Enqueue((at.UtcTicks / _ticks, amount));
            _open = spent - earlier.Sum(then => then.Amount);
        }

        public void Add(long amount, DateTimeOffset now)
        {
            lock (_gate)
            {
                Turn(now);
                _open += amount;
            }
        }

        public long? Expire(DateTimeOffset now)
        {
            lock (_gate)
            {
                Turn(now);
                long expired = 0;
                while (_spent.TryPeek(out var oldest) && oldest.Bucket < _bucket - Count)
                    expired += _spent.Dequeue().Amount;
                return expired;
            }
        }

        private void Turn(DateTimeOffset now)
        {
            var bucket = now.UtcTicks / _ticks;
            if (bucket <= _bucket)
                return;
            if (_open != 0)
                _spent.Enqueue((_bucket == long.MinValue ? bucket : _bucket, _open));
            (_bucket, _open) = (bucket, 0);
        }
    }
}
