using System.Globalization;
using Switchyard.Calls;
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

    /// <summary>None of several candidates could be tried: their circuits are open.</summary>
    public static CallError Nothing(Candidates candidates, TimeSpan now)
    {
        var soonest = candidates.All[0].Deployment;
        foreach (ref var candidate in candidates.All)
        {
            if (candidate.Deployment.State.Circuit.WaitAt(now) < soonest.State.Circuit.WaitAt(now))
                soonest = candidate.Deployment;
        }

        return CircuitOpen(soonest, now);
    }
}
