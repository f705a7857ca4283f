using System.Globalization;
using Switchyard.Configuration.Binding;
using Switchyard.Calls;

namespace Switchyard.Limits;

/// <summary>One limit of a configuration: its rules, and the state of what it is of. Immutable; the state is locked by its user.</summary>
internal sealed class Limit
{
    private readonly SlidingWindow[] _windows;

    public Limit(LimitScope scope, string name, LimitRules rules, LimitState state)
    {
        (Scope, Name, Rules, State) = (scope, name, rules, state);
        _windows = [.. rules.Rules.Select(state.WindowOf)];
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
        if (Rules.Concurrency is { } most && State.Running >= most)
            return new LimitRefusal(this, null, LimitRefusal.UsualWait);
        LimitRefusal? longest = null;
        for (var i = 0; i < _windows.Length; i++)
        {
            var rule = Rules.Rules[i];
            var amount = AmountOf(rule, cost);
            if (_windows[i].SumAt(now) + amount <= rule.Max)
                continue;
            var wait = _windows[i].WaitFor(amount, rule.Max, now);
            if (longest is null || wait > longest.Value.RetryAfter)
                longest = new LimitRefusal(this, rule, wait);
        }

        return longest;
    }

    /// <summary>Counts a cost. Under the state's lock.</summary>
    public void Take(in LimitCost cost, TimeSpan now)
    {
        State.Running++;
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
            for (var i = 0; i < _windows.Length; i++)
            {
                var (rule, window) = (Rules.Rules[i], _windows[i]);
                // What was counted: an estimate of more than there may be at all was counted as that.
                var difference = (rule.Unit == LimitUnit.Requests ? actual.Requests : actual.Tokens) - AmountOf(rule, cost);
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
                var remaining = Math.Max(0, rule.Max - _windows[i].SumAt(now));
                var reading = new LimitReading(
                    rule, remaining, remaining == 0 ? _windows[i].WaitFor(1, rule.Max, now) : _windows[i].EmptyIn(now));
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
                    new LimitRuleStatus(rule, _windows[i].SumAt(now), _windows[i].WaitFor(1, rule.Max, now)))],
                Concurrency = Rules.Concurrency,
                Running = State.Running,
                Waiting = State.Line.Running + State.Line.Waiting,
                RetryAfter = Check(new LimitCost(1, 1), now)?.RetryAfter,
            };
        }
    }

    /// <summary>Where it is configured: <c>limits.openai.rpm</c>.</summary>
    public string PathOf(LimitRule? rule) => (Scope switch
    {
        LimitScope.Key => $"keys.{Name}.limits",
        LimitScope.Tenant => $"tenants.{Name}.limits",
        _ => $"limits.{Name}",
    }) + "." + (rule?.Setting ?? "concurrency");

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
