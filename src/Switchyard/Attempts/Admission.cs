using Switchyard.Calls;
using Switchyard.Targets;

namespace Switchyard.Attempts;

/// <summary>
/// Lets an attempt through to a deployment, or refuses it: by the circuit, by the credential's state, and by the bound of its concurrency.
/// What is taken here the attempt gives back when it ends.
/// </summary>
internal static class Admission
{
    /// <summary>The code of a refusal for want of a place.</summary>
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

    /// <summary>Admits an attempt at a deployment with a bound: it waits for a place first.</summary>
    public static async ValueTask<(AttemptAdmission Admission, CallError? Refusal)> EnterAsync(
        ModelCall call, Deployment deployment, bool isLastResort)
    {
        var (policy, places) = (deployment.Policy, deployment.State.Places);
        var limit = deployment.PlacesNow!.Value;
        if (!places.TryEnter(limit))
        {
            var left = call.Snapshot.Clocks.Total - call.Elapsed;
            var patience = left < policy.QueueWait ? left : policy.QueueWait;
            try
            {
                if (!await places.EnterAsync(limit, policy.Queue, patience, call.Time, call.Aborted).ConfigureAwait(false))
                    return (new() { Circuit = CircuitPass.Refused }, NoPlace(deployment, limit));
            }
            catch (OperationCanceledException e)
            {
                return (
                    new() { Circuit = CircuitPass.Refused },
                    new CallError(CallErrorKind.Canceled, "The client went away.") { Cause = e });
            }
        }

        var (admission, refusal) = Enter(deployment, call.Time.GetElapsedTime(0), isLastResort);
        return (admission with { HoldsPlace = true, Running = places.Running }, refusal);
    }

    /// <summary>
    /// Admits a hedge: at once or not at all, and only at a deployment that is well. It is no probe of one that has failed.
    /// </summary>
    public static AttemptAdmission? TryEnterNow(Deployment deployment, TimeSpan now)
    {
        var state = deployment.State;
        if (state.Circuit.IsTripped || state.IsCoolingAt(now) || deployment.Health.IsUnhealthy)
            return null;
        var limit = deployment.PlacesNow;
        if (limit is not null && !state.Places.TryEnter(limit.Value))
            return null;
        var (admission, refusal) = Enter(deployment, now, isLastResort: false);
        if (refusal is null)
            return limit is null ? admission : admission with { HoldsPlace = true, Running = state.Places.Running };
        if (limit is not null)
            state.Places.Leave();
        return null;
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
