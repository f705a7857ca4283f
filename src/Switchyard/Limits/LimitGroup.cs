using Switchyard.Calls;
using Switchyard.Targets;

namespace Switchyard.Limits;

/// <summary>The limits that apply to one caller or one deployment: all are taken, or none. Immutable; thread-safe.</summary>
internal sealed class LimitGroup : IDeploymentLimits
{
    // Sorted by the order of their states: the order in which locks are taken.
    private readonly Limit[] _limits;

    private LimitGroup(Limit[] limits)
    {
        _limits = limits;
        CountsTokens = Array.Exists(limits, limit => limit.Rules.CountsTokens);
    }

    public IReadOnlyList<Limit> Limits => _limits;

    /// <summary>Whether tokens are limited, so that they have to be estimated.</summary>
    public bool CountsTokens { get; }

    /// <summary>The moving average of tokens of recent answers.</summary>
    public long UsualOutput => _limits[0].State.UsualOutput;

    /// <summary>The group of some limits; null if there are none.</summary>
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

    /// <summary>Takes what a call needs, waiting in the queue of a refusing limit that has one.</summary>
    /// <returns>The amounts taken, or the refusal.</returns>
    /// <exception cref="OperationCanceledException">The client left while the call waited; nothing was taken.</exception>
    public ValueTask<LimitTaking> TakeAsync(ModelCall call)
    {
        var cost = CostOf(call);
        var now = call.Now;
        if (!TryTake(cost, now, null, out var refusal))
            return TakeTogetherAsync(call, cost);
        return refusal is null ? new(new LimitTaking(HoldOf(call, cost, now)))
            : refusal.Value.Limit.Rules.Queue is null ? new(new LimitTaking(refusal.Value))
            : WaitAsync(call, cost, refusal.Value);
    }

    /// <summary>Takes what a call needs if there is room at once, without asking the shared store; else null.</summary>
    public LimitHold? TryTakeNow(ModelCall call)
    {
        var cost = CostOf(call);
        var now = call.Now;
        return TryTake(cost, now, null, out var refusal) && refusal is null ? HoldOf(call, cost, now) : null;
    }

    /// <summary>Corrects the amounts taken to the actual cost.</summary>
    public void Settle(in LimitCost taken, TimeSpan takenAt, in LimitCost actual, TimeSpan now)
    {
        foreach (var limit in _limits)
            limit.Settle(taken, takenAt, actual, now);
    }

    /// <summary>Records the number of tokens of an answer.</summary>
    public void Answered(long output)
    {
        foreach (var limit in _limits)
            limit.State.Answered(output);
    }

    /// <summary>The amount left of a unit, by the limit with the smallest share left; null if it is not limited.</summary>
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

    private LimitCost CostOf(ModelCall call) => new(1, CountsTokens ? TokenEstimate.Of(call, UsualOutput) : 0);

    private LimitHold HoldOf(ModelCall call, in LimitCost cost, TimeSpan takenAt) => new(this, cost, takenAt, call.Time);

    /// <summary>Takes from all limits, or from none.</summary>
    /// <param name="cost">The amounts to take.</param>
    /// <param name="now">The time.</param>
    /// <param name="atHead">The limit whose queue this call heads, so that this queue does not block it.</param>
    /// <param name="refusal">The reason why nothing was taken; null if all was.</param>
    /// <returns>False if the shared store has to be asked; then nothing was taken.</returns>
    private bool TryTake(in LimitCost cost, TimeSpan now, LimitState? atHead, out LimitRefusal? refusal)
    {
        Lock();
        try
        {
            refusal = null;
            foreach (var limit in _limits)
            {
                if ((refusal = limit.Check(cost, now)) is not null)
                    return true;
                if (limit.Rules.Queue is not null && limit.State != atHead && limit.State.Line.Running > 0)
                {
                    refusal = new LimitRefusal(limit, limit.Rules.Rules.FirstOrDefault(), LimitRefusal.UsualWait);
                    return true;
                }
            }

            foreach (var limit in _limits)
            {
                if (!limit.Holds(cost))
                    return false;
            }

            foreach (var limit in _limits)
                limit.Take(cost, now);
            return true;
        }
        finally
        {
            Unlock();
        }
    }

    private async ValueTask<LimitTaking> TakeTogetherAsync(ModelCall call, LimitCost cost)
    {
        var taking = await AskAsync(call, cost).ConfigureAwait(false);
        return taking.Refusal is { Limit.Rules.Queue: not null } refusal
            ? await WaitAsync(call, cost, refusal).ConfigureAwait(false)
            : taking;
    }

    /// <summary>Asks the shared store, and takes what it grants; if it is unavailable, takes from this node's share.</summary>
    private async ValueTask<LimitTaking> AskAsync(ModelCall call, LimitCost cost)
    {
        List<SharedLimitAsk> asks = [];
        Lock();
        foreach (var limit in _limits)
            limit.AddAsks(cost, asks);
        Unlock();
        var answer = await _limits[0].State.Shared!.AskAsync(asks, _limits[0].State.Shared!.Patience).ConfigureAwait(false);
        var now = call.Now;
        if (answer is null)
        {
            // The node is alone now; if the store came back in this moment, the client is asked to retry.
            var isTaken = TryTake(cost, now, null, out var refused);
            return isTaken && refused is null
                ? new(HoldOf(call, cost, now))
                : new(refused ?? new LimitRefusal(_limits[0], null, LimitRefusal.UsualWait));
        }

        LimitRefusal? refusal = null;
        var first = 0;
        Lock();
        foreach (var limit in _limits)
            refusal = limit.Apply(answer, ref first, now) ?? refusal;
        if (refusal is null)
        {
            foreach (var limit in _limits)
                limit.Take(cost, now, isGranted: true);
        }

        Unlock();
        return refusal is { } full ? new(full) : new(HoldOf(call, cost, now));
    }

    private async ValueTask<LimitTaking> WaitAsync(ModelCall call, LimitCost cost, LimitRefusal refusal)
    {
        var (rules, state) = (refusal.Limit.Rules, refusal.Limit.State);
        var begun = call.Time.GetTimestamp();
        var left = call.Snapshot.Clocks.Total - call.Elapsed;
        var patience = left < rules.QueueWait ? left : rules.QueueWait;
        // A call that would wait longer than allowed is refused now, not after the wait.
        if ((refusal.IsTimeKnown && refusal.RetryAfter > patience)
            || !await state.Line.EnterAsync(1, rules.Queue!.Value, patience, call.Time, call.Ending).ConfigureAwait(false))
            return new(refusal);
        try
        {
            while (true)
            {
                var now = call.Now;
                LimitHold? hold = null;
                if (!TryTake(cost, now, atHead: state, out var again))
                    (hold, again) = await AskAsync(call, cost).ConfigureAwait(false);
                if (again is not { } refused)
                    return new(hold ?? HoldOf(call, cost, now));
                var rest = patience - call.Time.GetElapsedTime(begun);
                if (rest <= TimeSpan.Zero || refused.Limit.Rules.Queue is null)
                    return new(refused);
                await refused.Limit.State.WaitForRoomAsync(refused.RetryAfter < rest ? refused.RetryAfter : rest, call.Time, call.Ending)
                    .ConfigureAwait(false);
            }
        }
        finally
        {
            state.Line.Leave();
        }
    }

    private void Lock()
    {
        foreach (var limit in _limits)
            limit.State.Gate.Enter();
    }

    private void Unlock()
    {
        for (var i = _limits.Length; i > 0; i--)
            _limits[i - 1].State.Gate.Exit();
    }
}
