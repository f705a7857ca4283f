using Switchyard.Canonical;

namespace Switchyard.Money;

/// <summary>
/// What one budget has spent and reserved in one period, in nano-dollars. Reserving and settling are atomic operations on one number, so
/// that calls never wait for each other here, and the sum of what is spent and reserved never passes the ceiling. Thread-safe.
/// </summary>
public sealed class BudgetAccount
{
    private readonly Buckets? _rolling;

    // Held by whoever changes what this process was given, so that they are seen one after the other.
    private readonly Lock _sharing = new();

    // Spent and reserved together: what a reservation is measured against.
    private long _committed;
    private long _spent;
    private long _limit;
    private long _granted = long.MaxValue;
    private long _elsewhere;
    private int _nextThreshold;

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

    /// <summary>The budget, the scope where it has several, and the period: <c>total|2026-11-28</c>.</summary>
    public string Id { get; }

    /// <summary>The budget's name.</summary>
    public string Budget => Rule.Name;

    /// <summary>Whose account it is, of a budget with one for each; null where it has only one.</summary>
    public string? Scope { get; }

    /// <summary>When the period began.</summary>
    public DateTimeOffset Start { get; }

    /// <summary>When it ends; the largest time for one that does not.</summary>
    public DateTimeOffset End { get; }

    /// <summary>What may be spent.</summary>
    public long Limit => Volatile.Read(ref _limit);

    /// <summary>What has been spent, as far as this process knows also by others that share the budget.</summary>
    public long Spent => OwnSpent + Volatile.Read(ref _elsewhere);

    /// <summary>What this process has spent since it began.</summary>
    public long OwnSpent => Volatile.Read(ref _spent);

    /// <summary>What others that share the budget have spent, and this process before it last began.</summary>
    public long SpentElsewhere
    {
        get => Volatile.Read(ref _elsewhere);
        set => Volatile.Write(ref _elsewhere, value);
    }

    /// <summary>What running calls, and calls whose end is not known, hold.</summary>
    public long Reserved => Math.Max(0, Volatile.Read(ref _committed) - Volatile.Read(ref _spent));

    /// <summary>Whether it refuses calls when it is used up.</summary>
    public bool IsStrict => Rule.IsStrict;

    internal BudgetRule Rule { get; private set; }

    /// <summary>
    /// What this process may commit of a budget that several share: what it was given so far. Without others it is the limit.
    /// </summary>
    internal long Ceiling => Volatile.Read(ref _granted) is var granted && granted == long.MaxValue ? Limit : granted;

    /// <summary>Whether others share the budget, and have not answered when this process asked for more of it.</summary>
    public bool IsCutOff { get; set; }

    /// <summary>
    /// Begins with nothing of a budget that several share, but for what it has committed already, and what it was given and has not given
    /// back since it was last strict.
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

    /// <summary>Whether it may commit only what it was given.</summary>
    internal bool IsShared => Volatile.Read(ref _granted) != long.MaxValue;

    /// <summary>Whether the configuration has no budget any more of its name and its period.</summary>
    internal bool IsReplaced { get; set; }

    /// <summary>Whether it needs a part of a budget that several share: it is strict, and its budget is in force.</summary>
    public bool NeedsShare => IsStrict && !IsReplaced;

    /// <summary>
    /// What this process was given of a budget that several share, and has neither spent nor reserved; also where it needs none any more.
    /// 0 where nothing was given.
    /// </summary>
    public long InHand => IsShared ? Math.Max(0, Ceiling - Volatile.Read(ref _committed)) : 0;

    /// <summary>What this process may still reserve.</summary>
    public long Room => IsStrict ? Math.Max(0, Ceiling - Volatile.Read(ref _committed)) : long.MaxValue;

    /// <summary>Takes over a part of a shared budget.</summary>
    public void Grant(long amount)
    {
        lock (_sharing)
            Interlocked.Add(ref _granted, amount);
    }

    /// <summary>The next threshold that has been passed and was not taken yet; null where there is none.</summary>
    internal double? TakeThreshold()
    {
        var thresholds = Rule.Thresholds;
        var next = Volatile.Read(ref _nextThreshold);
        if (_rolling is not null && next > 0 && next <= thresholds.Count && Spent < thresholds[next - 1] * Limit)
        {
            // It has become free again since, and may pass them once more.
            Interlocked.CompareExchange(ref _nextThreshold, thresholds.Count(threshold => Spent >= threshold * Limit), next);
            return null;
        }

        if (next >= thresholds.Count || Spent < thresholds[next] * Limit)
            return null;
        // Of several that were passed at once the highest is said.
        var passed = next;
        while (passed + 1 < thresholds.Count && Spent >= thresholds[passed + 1] * Limit)
            passed++;
        return Interlocked.CompareExchange(ref _nextThreshold, passed + 1, next) == next ? thresholds[passed] : null;
    }

    /// <summary>
    /// Sets an amount aside to give it back: it cannot be reserved any more. False where there is no room for it.
    /// </summary>
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
    /// <param name="isGivenBack">Whether it was given back, rather than kept.</param>
    public void EndSetAside(long amount, bool isGivenBack)
    {
        lock (_sharing)
        {
            // The ceiling first: in between there is too little room rather than too much.
            if (isGivenBack)
                Interlocked.Add(ref _granted, -amount);
            Interlocked.Add(ref _committed, -amount);
        }
    }

    /// <summary>Takes the rule of a newer configuration.</summary>
    internal void Follow(BudgetRule rule)
    {
        Rule = rule;
        Volatile.Write(ref _limit, rule.Limit);
    }

    /// <summary>Reserves an amount; false where a strict budget has no room for it. A budget that only warns has always room.</summary>
    internal bool TryReserve(long amount, DateTimeOffset now)
    {
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

    /// <summary>Replaces a reservation by what was spent.</summary>
    internal void Settle(long reserved, long spent, DateTimeOffset now)
    {
        // Spent first: a reader in between sees too little reserved rather than too little spent.
        Interlocked.Add(ref _spent, spent);
        Interlocked.Add(ref _committed, spent - reserved);
        _rolling?.Add(spent, now);
    }

    /// <summary>Lets what a rolling budget spent too long ago count no longer.</summary>
    internal void Forget(DateTimeOffset now)
    {
        if (_rolling?.Expire(now) is not { } expired || expired == 0)
            return;
        Interlocked.Add(ref _spent, -expired);
        lock (_sharing)
        {
            // Of a budget that several share it is free for all of them: whoever needs it asks. The ceiling first, so that in between there
            // is too little room rather than too much.
            if (IsShared)
                Interlocked.Add(ref _granted, -expired);
            Interlocked.Add(ref _committed, -expired);
        }
    }

    /// <summary>The name, what is spent and the limit.</summary>
    public override string ToString() =>
        $"{Id}: {TokenCost.ToDollars(Spent)} of {TokenCost.ToDollars(Limit)} USD spent, {TokenCost.ToDollars(Reserved)} reserved";

    private static long Saturated(long left, long right) => right > long.MaxValue - left ? long.MaxValue : left + right;

    /// <summary>
    /// What was spent when, in 96 buckets of the length. Spending counts until the bucket it fell in is older than the length: up to a
    /// 96th of it too long, never too short.
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
