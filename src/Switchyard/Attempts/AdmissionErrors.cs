using System.Globalization;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Targets;

namespace Switchyard.Attempts;

/// <summary>The errors of calls that no deployment was tried for.</summary>
internal static class AdmissionErrors
{
    /// <summary>The circuit of the deployment is open.</summary>
    public static CallError CircuitOpen(Deployment deployment, TimeSpan now)
    {
        var wait = deployment.State.Circuit.WaitAt(now);
        var seconds = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString("0", CultureInfo.InvariantCulture);
        return new CallError(
            CallErrorKind.ProviderUnavailable,
            $"Circuit breaker open: {deployment.Provider}/{deployment.Model} failed too often, and is tried again in {seconds} s.")
        {
            Provider = deployment.Provider,
            Code = "circuit_open",
            RetryAfter = wait > TimeSpan.FromSeconds(1) ? wait : TimeSpan.FromSeconds(1),
        };
    }

    /// <summary>The answer that the request continues is stored under another account than those of the targets.</summary>
    public static CallError StateElsewhere(ModelCall call) => new(
        CallErrorKind.StateElsewhere,
        $"'{Sanitizer.Clean(call.Envelope.ContinuedId!)}' is kept by an account that is not among the targets of "
            + $"'{Sanitizer.Clean(call.Route!.Alias)}'. Ask for the model that gave it, or send the whole conversation.")
    {
        Param = call.Envelope.ContinuedField,
    };

    /// <summary>
    /// The error when the last target had no room by its limit: the refusal of the target that will have room first, because the next call
    /// may go there.
    /// </summary>
    public static CallError SoonestRefusal(ModelCall call, CallError last)
    {
        if (last.Kind != CallErrorKind.RateLimited)
            return last;
        var soonest = last;
        foreach (var attempt in call.Attempts)
        {
            if (attempt.Error is { Kind: CallErrorKind.RateLimited } error && error.RetryAfter < soonest.RetryAfter)
                soonest = error;
        }

        return soonest;
    }

    /// <summary>None of several candidates could be tried: their circuits are open, or another account stores the state.</summary>
    public static CallError NoCandidate(ModelCall call, Candidates candidates, TimeSpan now)
    {
        Deployment? soonest = null;
        foreach (ref var candidate in candidates.All)
        {
            if (candidate.Excluded != Exclusion.OtherAccount
                && (soonest is null || candidate.Deployment.State.Circuit.WaitAt(now) < soonest.State.Circuit.WaitAt(now)))
                soonest = candidate.Deployment;
        }

        return soonest is null ? StateElsewhere(call) : CircuitOpen(soonest, now);
    }
}
