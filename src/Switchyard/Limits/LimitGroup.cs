using Switchyard.Calls;
using Switchyard.Targets;

namespace Switchyard.Limits;

/// <summary>The limits that hold for one caller or one deployment: all are taken, or none. Immutable; thread-safe.</summary>
internal sealed class LimitGroup : IDeploymentLimits
{
    // In the order of their states, in which the locks are taken.
    private readonly Limit[] _limits;

    private LimitGroup(Limit[] limits)
    {
        _limits = limits;
        CountsTokens = Array.Exists(limits, limit => limit.Rules.CountsTokens);
    }

    public IReadOnlyList<Limit> Limits => _limits;

    /// <summary>Whether tokens are limited, so that they have to be estimated.</summary>
    public bool CountsTokens { get; }

    /// <summary>How many tokens an answer has of late.</summary>
    public long UsualOutput => _limits[0].State.UsualOutput;

    /// <summary>The group of some limits; null when there are none.</summary>
    public static LimitGroup? Of(IEnumerable<Limit?> limits)
    {
        var all = limits.OfType<Limit>().OrderBy(limit => limit.State.Order).ToArray();
        return all.Length == 0 ? null : new LimitGroup(all);
    }

    /// <inheritdoc/>
    public bool HasRoomAt(TimeSpan now)
    {
        foreach (var limit in _limits)
        {
            lock (limit.State.Gate)
            {
                if (limit.State.Line.Running > 0 || limit.Check(new LimitCost(1, 1), now) is not null)
                    return false;
            }
        }

        return true;
    }

    /// <summary>Takes what a call needs, waiting for its turn where the limit that refuses says so.</summary>
    /// <returns>What was taken, or the refusal.</returns>
    /// <exception cref="OperationCanceledException">The client left while the call waited; nothing is taken.</exception>
    public ValueTask<(LimitHold? Hold, LimitRefusal? Refusal)> TakeAsync(ModelCall call)
    {
        var cost = new LimitCost(1, CountsTokens ? TokenEstimate.Of(call, UsualOutput) : 0);
        var now = call.Time.GetElapsedTime(0);
        return TryTake(cost, now) is { } refusal
            ? refusal.Limit.Rules.Queue is null ? new((null, refusal)) : WaitAsync(call, cost, refusal)
            : new((new LimitHold(this, cost, now, call.Time), null));
    }

    /// <summary>Takes what a call needs, if there is room at once; null when there is none.</summary>
    public LimitHold? TryTakeNow(ModelCall call)
    {
        var cost = new LimitCost(1, CountsTokens ? TokenEstimate.Of(call, UsualOutput) : 0);
        var now = call.Time.GetElapsedTime(0);
        return TryTake(cost, now) is null ? new LimitHold(this, cost, now, call.Time) : null;
    }

    /// <summary>Corrects what was taken by what it came to.</summary>
    public void Settle(in LimitCost taken, TimeSpan takenAt, in LimitCost actual, TimeSpan now)
    {
        foreach (var limit in _limits)
            limit.Settle(taken, takenAt, actual, now);
    }

    /// <summary>Notes how many tokens an answer had.</summary>
    public void Answered(long output)
    {
        foreach (var limit in _limits)
            limit.State.Answered(output);
    }

    /// <summary>What is left of a unit, by the limit that leaves the smallest share; null where it is not limited.</summary>
    public LimitReading? Read(LimitUnit unit, TimeSpan now)
    {
        LimitReading? tightest = null;
        foreach (var limit in _limits)
        {
            if (limit.Read(unit, now) is { } reading && (tightest is null || reading.Share < tightest.Value.Share))
                tightest = reading;
        }

        return tightest;
    }

    /// <summary>Takes of all limits, or of none.</summary>
    /// <param name="cost">What to take.</param>
    /// <param name="now">The time.</param>
    /// <param name="atHead">The limit at the head of whose line the call stands, which it does not overtake.</param>
    private LimitRefusal? TryTake(in LimitCost cost, TimeSpan now, LimitState? atHead = null)
    {
        var locked = 0;
        try
        {
            for (; locked < _limits.Length; locked++)
                _limits[locked].State.Gate.Enter();
            foreach (var limit in _limits)
            {
                if (limit.Check(cost, now) is { } refusal)
                    return refusal;
                if (limit.Rules.Queue is not null && limit.State != atHead && limit.State.Line.Running > 0)
                    return new LimitRefusal(limit, limit.Rules.Rules.FirstOrDefault(), LimitRefusal.UsualWait);
            }

            foreach (var limit in _limits)
                limit.Take(cost, now);
            return null;
        }
        finally
        {
            while (locked > 0)
                _limits[--locked].State.Gate.Exit();
        }
    }

    private async ValueTask<(LimitHold? Hold, LimitRefusal? Refusal)> WaitAsync(ModelCall call, LimitCost cost, LimitRefusal refusal)
    {
        var (rules, state) = (refusal.Limit.Rules, refusal.Limit.State);
        var begun = call.Time.GetTimestamp();
        var left = call.Snapshot.Clocks.Total - call.Elapsed;
        var patience = left < rules.QueueWait ? left : rules.QueueWait;
        // Whoever would wait longer than it may is told now, not then.
        if (refusal.RetryAfter > patience
            || !await state.Line.EnterAsync(1, rules.Queue!.Value, patience, call.Time, call.Aborted).ConfigureAwait(false))
            return (null, refusal);
        try
        {
            while (true)
            {
                var now = call.Time.GetElapsedTime(0);
                if (TryTake(cost, now, atHead: state) is not { } again)
                    return (new LimitHold(this, cost, now, call.Time), null);
                var rest = patience - call.Time.GetElapsedTime(begun);
                if (rest <= TimeSpan.Zero || again.Limit.Rules.Queue is null)
                    return (null, again);
                await again.Limit.State.WaitForRoomAsync(again.RetryAfter < rest ? again.RetryAfter : rest, call.Time, call.Aborted)
                    .ConfigureAwait(false);
            }
        }
        finally
        {
            state.Line.Leave();
        }
    }
}
