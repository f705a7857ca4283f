using System.Globalization;
using Switchyard.Configuration.Binding;
using Switchyard.Calls;

namespace Switchyard.Limits;

/// <summary>
/// One limit of a configuration: its rules, and the state of its subject. Immutable; the code that uses the state locks it.
/// </summary>
internal sealed class Limit
{
    private readonly SlidingWindow[] _windows;

    // One for each rule, and one for concurrency; empty if each node counts for itself.
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

    /// <summary>The kind of its subject.</summary>
    public LimitScope Scope { get; }

    /// <summary>Its subject: <c>openai</c>, <c>openai/gpt-4o</c>, the name of a key or a tenant.</summary>
    public string Name { get; }

    public LimitRules Rules { get; }

    public LimitState State { get; }

    /// <summary>Checks whether a cost may be taken now. Under the state's lock.</summary>
    /// <returns>Null if it may; else the refusing rule and the time until there is room.</returns>
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
            // A node's share may be smaller than one large request.
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

    /// <summary>Whether this node's credit covers a cost, so that the store need not be asked. Under the state's lock.</summary>
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

    /// <summary>Adds the reports to the store and the requests for a cost. Under the state's lock.</summary>
    public void AddAsks(in LimitCost cost, List<SharedLimitAsk> asks)
    {
        for (var i = 0; i < _counters.Length; i++)
            asks.Add(_counters[i].Ask(AmountOf(i, cost)));
    }

    /// <summary>Adds the credit that the store granted. Under the state's lock.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="first">The index of this limit's first ask; on return that of the next limit.</param>
    /// <param name="now">The time.</param>
    /// <returns>The refusal, if the store refused because of this limit; else null.</returns>
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
    /// <param name="isGranted">Whether the store granted it for this call, so that no credit is used.</param>
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

    /// <summary>Corrects the counted cost to the actual cost, and lets a waiting call try.</summary>
    /// <param name="cost">The counted cost.</param>
    /// <param name="takenAt">When it was counted.</param>
    /// <param name="actual">The actual cost.</param>
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
                // Compare with the counted amount: an estimate above the limit's maximum was counted as the maximum.
                var difference = (rule.Unit == LimitUnit.Requests ? actual.Requests : actual.Tokens) - AmountOf(rule, cost);
                // An amount that has left the window must not be taken back: that would reduce what other calls have counted since.
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

    /// <summary>The amount left of a unit, by the rule with the smallest share left; null if it is not limited.</summary>
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

    /// <summary>The current counts, rule by rule.</summary>
    public LimitStatus StatusAt(TimeSpan now)
    {
        lock (State.Gate)
        {
            return new LimitStatus(Scope, Name)
            {
                Rules = [.. Rules.Rules.Select((rule, i) =>
                    new LimitRuleStatus { Rule = rule, Used = UsedAt(i, now), RoomIn = RoomIn(i, now) })],
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

    /// <summary>The used share of its most used rule; 1 if nothing is left.</summary>
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

    /// <summary>The path of its setting: <c>limits.openai.rpm</c>.</summary>
    public string PathOf(LimitRule? rule) => (Scope switch
    {
        LimitScope.Key => $"keys.{Name}.limits",
        LimitScope.Tenant => $"tenants.{Name}.limits",
        _ => $"limits.{Name}",
    }) + "." + (rule?.Setting ?? "concurrency");

    private long AmountOf(int counter, in LimitCost cost) => counter < Rules.Rules.Length ? AmountOf(Rules.Rules[counter], cost) : 1;

    /// <summary>The current maximum of a rule; while the shared store is unavailable, this node's share of it.</summary>
    private long MostNow(int rule, TimeSpan now) => State.Shared is { IsTogether: false } alone
        ? _counters[rule].MostAlone(alone, _windows[rule].SumAt(now), now)
        : Rules.Rules[rule].Max;

    private long ShareOf(long max) => State.Shared?.ShareOf(max) ?? max;

    /// <summary>The amount counted by a rule; with several nodes, as far as this node knows. Under the state's lock.</summary>
    private long UsedAt(int rule, TimeSpan now)
    {
        var own = _windows[rule].SumAt(now);
        return State.Shared is { IsTogether: true } && _counters[rule].LeftAt(now) is { } left
            ? Math.Max(own, Rules.Rules[rule].Max - left)
            : own;
    }

    /// <summary>The amount a rule leaves for this node. Under the state's lock.</summary>
    private long RemainingAt(int rule, TimeSpan now) => Math.Max(0, MostNow(rule, now) - UsedAt(rule, now));

    /// <summary>
    /// The time until a rule has room for one more; zero if it has. This node does not know when other nodes will make room. Under the
    /// state's lock.
    /// </summary>
    private TimeSpan RoomIn(int rule, TimeSpan now)
    {
        if (RemainingAt(rule, now) > 0)
            return TimeSpan.Zero;
        var wait = _windows[rule].WaitFor(1, MostNow(rule, now), now);
        return wait > TimeSpan.Zero ? wait : LimitRefusal.UsualWait;
    }

    // A request larger than the whole limit passes if nothing else is counted: the estimate may be wrong, and no wait would be long enough.
    private static long AmountOf(LimitRule rule, in LimitCost cost) =>
        rule.Unit == LimitUnit.Requests ? cost.Requests : Math.Min(cost.Tokens, rule.Max);
}

/// <summary>The amounts a call takes from limits.</summary>
/// <param name="Requests">Requests.</param>
/// <param name="Tokens">Tokens.</param>
internal readonly record struct LimitCost(long Requests, long Tokens);

/// <summary>The refusal of a limit.</summary>
/// <param name="Limit">The limit.</param>
/// <param name="Rule">The rule; null for concurrency.</param>
/// <param name="RetryAfter">The time until there is room.</param>
internal readonly record struct LimitRefusal(Limit Limit, LimitRule? Rule, TimeSpan RetryAfter)
{
    /// <summary>The wait reported if the actual wait is unknown.</summary>
    public static readonly TimeSpan UsualWait = TimeSpan.FromSeconds(1);

    /// <summary>Whether the time is known; the end of a running call is not.</summary>
    public bool IsTimeKnown => RetryAfter != UsualWait;

    /// <summary>The error code of a concurrency limit.</summary>
    public const string ConcurrencyCode = "concurrency_limit";

    /// <summary>The refusal as a call's error.</summary>
    /// <param name="provider">The provider, if the limit is the provider's own.</param>
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
