using Switchyard.Calls;
using Switchyard.Limits;
using Switchyard.Targets;

namespace Switchyard.Attempts;

/// <summary>
/// Admits an attempt to a deployment or refuses it, by its concurrency bound, its circuit, the state of its credential and its limits.
/// What an attempt takes here, it releases when it ends.
/// </summary>
internal static class Admission
{
    /// <summary>The error code of a refusal because no concurrency place is free.</summary>
    public const string NoPlaceCode = "concurrency_limit";

    private static readonly TimeSpan s_whenFull = TimeSpan.FromSeconds(1);

    /// <summary>Admits an attempt at a deployment without a bound.</summary>
    public static (AttemptAdmission Admission, CallError? Refusal) Enter(Deployment deployment, TimeSpan now, bool isLastResort)
    {
        var circuit = CircuitPass.Ordinary;
        if (deployment.Policy.Circuit is not null && (circuit = deployment.State.Circuit.Enter(now)) == CircuitPass.Refused)
        {
            if (!isLastResort)
                return (new() { Circuit = circuit }, AdmissionErrors.CircuitOpen(deployment, now));
            circuit = CircuitPass.LastResort;
        }

        return (new() { Circuit = circuit, Account = deployment.State.Account.Enter(now) }, null);
    }

    /// <summary>
    /// Admits an attempt at a deployment with a bound or with limits. It waits for a place and, if a limit queues calls, for its turn.
    /// </summary>
    public static async ValueTask<(AttemptAdmission Admission, CallError? Refusal)> EnterAsync(
        ModelCall call, Deployment deployment, bool isLastResort)
    {
        var holdsPlace = false;
        try
        {
            if (deployment.PlacesNow is { } limit)
            {
                if (!await EnterPlaceAsync(call, deployment, limit).ConfigureAwait(false))
                    return (new() { Circuit = CircuitPass.Refused }, NoPlace(deployment, limit));
                holdsPlace = true;
            }

            var (admission, refusal) = Enter(deployment, call.Now, isLastResort);
            admission = admission with { HoldsPlace = holdsPlace, Running = holdsPlace ? deployment.State.Places.Running : 0 };
            return refusal is null && deployment.Limits is LimitGroup limits
                ? await TakeAsync(call, deployment, limits, admission).ConfigureAwait(false)
                : (admission, refusal);
        }
        catch (OperationCanceledException e)
        {
            return (new() { Circuit = CircuitPass.Refused, HoldsPlace = holdsPlace }, CallError.ClientLeft(e));
        }
    }

    /// <summary>
    /// Admits a hedge: at once or not at all, and only at a healthy deployment. A hedge is never the probe of a failed one.
    /// </summary>
    public static AttemptAdmission? TryEnterNow(ModelCall call, Deployment deployment, TimeSpan now)
    {
        var state = deployment.State;
        if (state.Circuit.IsTripped || state.IsCoolingAt(now) || deployment.Health.IsUnhealthy)
            return null;
        var limit = deployment.PlacesNow;
        if (limit is not null && !state.Places.TryEnter(limit.Value))
            return null;
        var (admission, refusal) = Enter(deployment, now, isLastResort: false);
        if (refusal is null)
        {
            var taken = (deployment.Limits as LimitGroup)?.TryTakeNow(call);
            if (taken is not null || deployment.Limits is null)
                return admission with { HoldsPlace = limit is not null, Running = limit is null ? 0 : state.Places.Running, Taken = taken };
            state.Circuit.Released(admission.Circuit);
            state.Account.Released(admission.Account);
        }

        if (limit is not null)
            state.Places.Leave();
        return null;
    }

    private static ValueTask<bool> EnterPlaceAsync(ModelCall call, Deployment deployment, int limit)
    {
        var (policy, places) = (deployment.Policy, deployment.State.Places);
        if (places.TryEnter(limit))
            return new(true);
        var left = call.Snapshot.Clocks.Total - call.Elapsed;
        var patience = left < policy.QueueWait ? left : policy.QueueWait;
        return places.EnterAsync(limit, policy.Queue, patience, call.Time, call.Ending);
    }

    // What was taken already is released with the attempt, which ends as refused.
    private static async ValueTask<(AttemptAdmission Admission, CallError? Refusal)> TakeAsync(
        ModelCall call, Deployment deployment, LimitGroup limits, AttemptAdmission admission)
    {
        try
        {
            var (taken, refusal) = await limits.TakeAsync(call).ConfigureAwait(false);
            return (admission with { Taken = taken }, refusal?.ToError(deployment.Provider));
        }
        catch (OperationCanceledException e)
        {
            return (admission, CallError.ClientLeft(e));
        }
    }

    private static CallError NoPlace(Deployment deployment, int limit) => new(
        CallErrorKind.ProviderUnavailable,
        $"{deployment.Provider} has no place for this request: {limit} run at once (providers.{deployment.Provider}."
            + $"{(deployment.Policy.AdaptsConcurrency ? "adaptive_concurrency" : "concurrency")}), "
            + "and as many wait as may (routing.queue), or the wait was too long (routing.queue_wait).")
    {
        Provider = deployment.Provider,
        Code = NoPlaceCode,
        RetryAfter = s_whenFull,
    };
}
