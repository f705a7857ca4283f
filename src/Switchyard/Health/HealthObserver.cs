using Switchyard.Calls;
using Switchyard.Pipeline;

namespace Switchyard.Health;

/// <summary>Counts every ended attempt for its provider's health. Thread-safe.</summary>
internal sealed class HealthObserver : IAttemptObserver
{
    /// <summary>The caller of a health check's own call, which the check counts itself.</summary>
    public static readonly Caller Check = new("health-check");

    public void OnAttemptEnded(ModelCall call, Attempt attempt)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(attempt);
        if (!ReferenceEquals(call.Caller, Check) && SucceededOf(attempt) is { } succeeded)
            attempt.Deployment.Health.CountCall(succeeded, attempt.UpstreamTime, attempt.Error?.Message);
    }

    /// <summary>
    /// Null if it proves nothing about the provider: the client's request was refused, nothing was sent, or the client left.
    /// </summary>
    private static bool? SucceededOf(Attempt attempt) => Faults.Verdict(attempt.Outcome, attempt.Error) switch
    {
        AttemptVerdict.Success => true,
        AttemptVerdict.Failure or AttemptVerdict.CredentialRefused => false,
        _ => null,
    };
}
