using System.Globalization;
using Switchyard.Configuration.Binding;
using Switchyard.Calls;

namespace Switchyard.Limits;

/// <summary>One limit of a configuration: its rules, and the state of what it is of. Immutable; the state is locked by its user.</summary>
internal sealed class Limit
{
    private readonly SlidingWindow[] _windows;

    // One for each rule, and one for what runs at once; empty where each node counts for itself.
    private readonly SharedCounter[] _counters;

    public Limit(LimitScope scope, string name, LimitRules rules, LimitState state)
    {
        (Scope, Name, Rules, State) = (scope, name, rules, state);
        _windows = [.. rules.Rules.Select(state.WindowOf)];
        _counters =
        [
            .. rules.Rules.Select(rule => state.CounterOf(rule.Unit, rule.Window, rule.Max)).OfType<SharedCounter>(),
            .. rules.Concurrency is { } most && state.CounterOf(null, TimeSpan.Zero, most) is { } places
                ? [places]
                : Array.Empty<SharedCounter>(),
        ];
    }

    /// <summary>What it is of.</summary>
    public LimitScope Scope { get; }

    /// <summary>Of whom: <c>openai</c>, <c>openai/gpt-4o</c>, the name of a key or a tenant.</summary>
    public string Name { get; }

    public LimitRules Rules { get; }

    public LimitState State { get; }

    /// <summary>Whether a cost may be taken now. Under the state's lock.</summary>
    /// <returns>Null when it may; else how long it takes until it may, and which rule says so.</returns>
    public LimitRefusal? Check(in LimitCost cost, TimeSpan now)
    {
        if (Rules.Concurrency is { } most && State.Running >= ShareOf(most))
            return new LimitRefusal(this, null, LimitRefusal.UsualWait);
        LimitRefusal? longest = null;
        for (var i = 0; i < _windows.Length; i++)
        {
            var rule = Rules.Rules[i];
            var amount = AmountOf(rule, cost);
            var max = MostNow(i, now);
            // A node's share may be less than one large request.
            amount = Math.Min(amount, Math.Max(1, max));
            var wait = TimeSpan.Zero;
            if (_windows[i].SumAt(now) + amount > max && (wait = _windows[i].WaitFor(amount, max, now)) <= TimeSpan.Zero)
                wait = LimitRefusal.UsualWait;
            if (State.Shared is { IsTogether: true } && _counters[i].FullUntil > now && _counters[i].FullUntil - now > wait)
                wait = _counters[i].FullUntil - now;
            if (wait <= TimeSpan.Zero)
                continue;
            if (longest is null || wait > longest.Value.RetryAfter)
                longest = new LimitRefusal(this, rule, wait);
        }

        return longest;
    }

    /// <summary>
    /// Whether what this node holds in advance suffices for a cost, so that the store need not be asked. Under the state's lock.
    /// </summary>
    public bool Holds(in LimitCost cost)
    {
        if (State.Shared is not { IsTogether: true })
            return true;
        for (var i = 0; i < _counters.Length; i++)
        {
            if (_counters[i].Credit < AmountOf(i, cost))
                return false;
        }

        return true;
    }

    /// <summary>What to say to the store and to ask of it for a cost. Under the state's lock.</summary>
    public void AddAsks(in LimitCost cost, List<SharedLimitAsk> asks)
    {
        for (var i = 0; i < _counters.Length; i++)
            asks.Add(_counters[i].Ask(AmountOf(i, cost)));
    }

    /// <summary>Notes what the store granted in advance. Under the state's lock.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="first">The number of the first of this limit's asks; afterwards of the next limit's.</param>
    /// <param name="now">The time.</param>
    /// <returns>The refusal, where the store refused because of this limit.</returns>
    public LimitRefusal? Apply(SharedLimitAnswer answer, ref int first, TimeSpan now)
    {
        LimitRefusal? refusal = null;
        for (var i = 0; i < _counters.Length; i++, first++)
        {
            _counters[i].Grant(answer.Limits[first], now);
            if (answer.Refusing != first)
                continue;
            var believed = answer.RetryAfter < SharedCounting.LongestRefusal ? answer.RetryAfter : SharedCounting.LongestRefusal;
            _counters[i].FullUntil = now + believed;
            refusal = new LimitRefusal(this, i < Rules.Rules.Length ? Rules.Rules[i] : null, answer.RetryAfter);
        }

        return refusal;
    }

    /// <summary>Counts a cost. Under the state's lock.</summary>
    /// <param name="cost">The cost.</param>
    /// <param name="now">The time.</param>
    /// <param name="isGranted">Whether the store granted it for this call, so that nothing is taken of what is held.</param>
    public void Take(in LimitCost cost, TimeSpan now, bool isGranted = false)
    {
        State.Running++;
        for (var i = 0; i < _counters.Length; i++)
        {
            var amount = AmountOf(i, cost);
            if (isGranted)
                _counters[i].TakeGranted(amount);
            else if (State.Shared!.IsTogether)
                _counters[i].Take(amount);
            else
                _counters[i].TakeAlone(amount);
        }

        for (var i = 0; i < _windows.Length; i++)
            _windows[i].Add(AmountOf(Rules.Rules[i], cost), now);
    }

    /// <summary>Corrects what was counted by what it came to, and makes room for another.</summary>
    /// <param name="cost">What was counted.</param>
    /// <param name="takenAt">When.</param>
    /// <param name="actual">What it came to.</param>
    /// <param name="now">The time.</param>
    public void Settle(in LimitCost cost, TimeSpan takenAt, in LimitCost actual, TimeSpan now)
    {
        lock (State.Gate)
        {
            State.Running--;
            if (_counters.Length > Rules.Rules.Length)
                _counters[^1].Correct(-1);
            for (var i = 0; i < _windows.Length; i++)
            {
                var (rule, window) = (Rules.Rules[i], _windows[i]);
                // What was counted: an estimate of more than there may be at all was counted as that.
                var difference = (rule.Unit == LimitUnit.Requests ? actual.Requests : actual.Tokens) - AmountOf(rule, cost);
                // What has left the window is not there to be taken back: it would be taken of what others have counted since.
                if (difference < 0 && takenAt + rule.Window <= now)
                    continue;
                if (difference != 0 && _counters.Length > 0)
                    _counters[i].Correct(difference);
                if (difference > 0)
                    window.Add(difference, now);
                else if (difference < 0)
                    window.TakeBack(-difference, takenAt, now);
            }
        }

        State.MakeRoom();
    }

    /// <summary>What is left of a unit, by the rule that leaves the smallest share; null where it is not limited.</summary>
    public LimitReading? Read(LimitUnit unit, TimeSpan now)
    {
        LimitReading? tightest = null;
        lock (State.Gate)
        {
            for (var i = 0; i < _windows.Length; i++)
            {
                if (Rules.Rules[i] is not { } rule || rule.Unit != unit)
                    continue;
                var remaining = RemainingAt(i, now);
                var reading = new LimitReading(rule, remaining, remaining == 0 ? RoomIn(i, now) : _windows[i].EmptyIn(now));
                if (tightest is null || reading.Share < tightest.Value.Share)
                    tightest = reading;
            }
        }

        return tightest;
    }

    /// <summary>What is counted now, rule by rule.</summary>
    public LimitStatus StatusAt(TimeSpan now)
    {
        lock (State.Gate)
        {
            return new LimitStatus(Scope, Name)
            {
                Rules = [.. Rules.Rules.Select((rule, i) =>
                    new LimitRuleStatus(rule, UsedAt(i, now), RoomIn(i, now)))],
                Concurrency = Rules.Concurrency,
                Running = State.Running,
                Waiting = State.Line.Running + State.Line.Waiting,
                RetryAfter = Check(new LimitCost(1, 1), now)?.RetryAfter,
            };
        }
    }

    /// <summary>Whether a request would be refused now.</summary>
    public bool IsBlockedAt(TimeSpan now)
    {
        lock (State.Gate)
            return Check(new LimitCost(1, 1), now) is not null;
    }

    /// <summary>How much of it is used, of the rule of which most is: 1 where that has nothing left.</summary>
    public double UseAt(TimeSpan now)
    {
        lock (State.Gate)
        {
            var most = Rules.Concurrency is { } places and > 0 ? (double)State.Running / places : 0;
            for (var i = 0; i < _windows.Length; i++)
                most = Math.Max(most, Rules.Rules[i].Max > 0 ? (double)UsedAt(i, now) / Rules.Rules[i].Max : 1);
            return most;
        }
    }

    /// <summary>Where it is configured: <c>limits.openai.rpm</c>.</summary>
    public string PathOf(LimitRule? rule) => (Scope switch
    {
        LimitScope.Key => $"keys.{Name}.limits",
        LimitScope.Tenant => $"tenants.{Name}.limits",
        _ => $"limits.{Name}",
    }) + "." + (rule?.Setting ?? "concurrency");

    private long AmountOf(int counter, in LimitCost cost) => counter < Rules.Rules.Length ? AmountOf(Rules.Rules[counter], cost) : 1;

    /// <summary>The most by a rule now: where several nodes count together and their store is away, this one's part.</summary>
    private long MostNow(int rule, TimeSpan now) => State.Shared is { IsTogether: false } alone
        ? _counters[rule].MostAlone(alone, _windows[rule].SumAt(now), now)
        : Rules.Rules[rule].Max;

    private long ShareOf(long max) => State.Shared?.ShareOf(max) ?? max;

    /// <summary>
    /// What is counted by a rule: of what several nodes count together, all that this one knows of. Under the state's lock.
    /// </summary>
    private long UsedAt(int rule, TimeSpan now)
    {
        var own = _windows[rule].SumAt(now);
        return State.Shared is { IsTogether: true } && _counters[rule].LeftAt(now) is { } left
            ? Math.Max(own, Rules.Rules[rule].Max - left)
            : own;
    }

    /// <summary>What is left by a rule for this node. Under the state's lock.</summary>
    private long RemainingAt(int rule, TimeSpan now) => Math.Max(0, MostNow(rule, now) - UsedAt(rule, now));

    /// <summary>
    /// How long it takes until there is room by a rule for one more; zero when there is. When others will make room, this node does not
    /// know. Under the state's lock.
    /// </summary>
    private TimeSpan RoomIn(int rule, TimeSpan now)
    {
        if (RemainingAt(rule, now) > 0)
            return TimeSpan.Zero;
        var wait = _windows[rule].WaitFor(1, MostNow(rule, now), now);
        return wait > TimeSpan.Zero ? wait : LimitRefusal.UsualWait;
    }

    // A request that is larger than the whole limit is let through when nothing else is counted: the estimate may be wrong, and no wait
    // would ever be long enough.
    private static long AmountOf(LimitRule rule, in LimitCost cost) =>
        rule.Unit == LimitUnit.Requests ? cost.Requests : Math.Min(cost.Tokens, rule.Max);
}

/// <summary>What a call takes of limits.</summary>
/// <param name="Requests">Requests.</param>
/// <param name="Tokens">Tokens.</param>
internal readonly record struct LimitCost(long Requests, long Tokens);

/// <summary>Why a limit lets no more through.</summary>
/// <param name="Limit">The limit.</param>
/// <param name="Rule">The rule; null for what runs at once.</param>
/// <param name="RetryAfter">How long it takes until there is room.</param>
internal readonly record struct LimitRefusal(Limit Limit, LimitRule? Rule, TimeSpan RetryAfter)
{
    /// <summary>The wait that is told where nobody knows how long it will be.</summary>
    public static readonly TimeSpan UsualWait = TimeSpan.FromSeconds(1);

    /// <summary>Whether that time is known: nobody knows when a call that runs will end.</summary>
    public bool IsTimeKnown => RetryAfter != UsualWait;

    /// <summary>The code of a refusal because too many run at once.</summary>
    public const string ConcurrencyCode = "concurrency_limit";

    /// <summary>The refusal as a call's error.</summary>
    /// <param name="provider">The provider, where the limit is its own.</param>
    public CallError ToError(string? provider = null)
    {
        var seconds = Math.Max(1, Math.Ceiling(RetryAfter.TotalSeconds)).ToString("0", CultureInfo.InvariantCulture);
        var what = Rule is { } rule
            ? $"{rule.Max.ToString(CultureInfo.InvariantCulture)} {(rule.Unit == LimitUnit.Requests ? "requests" : "tokens")} "
                + $"in {DurationText.Format(rule.Window)}"
            : $"{Limit.Rules.Concurrency?.ToString(CultureInfo.InvariantCulture)} at once";
        return new CallError(
            CallErrorKind.RateLimited, $"Rate limit exceeded. Retry after {seconds}s ({Limit.PathOf(Rule)}: {what}).")
        {
            Code = Rule is null ? ConcurrencyCode : null,
            Provider = provider,
            RetryAfter = TimeSpan.FromSeconds(1) > RetryAfter ? TimeSpan.FromSeconds(1) : RetryAfter,
        };
    }
}
