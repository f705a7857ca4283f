using Switchyard.Calls;
using Switchyard.Pipeline;

namespace Switchyard.Secrets;

/// <summary>Reacts to a refused key: it may have been replaced, and a store then has the new one. Thread-safe.</summary>
internal sealed class RefusedKeyObserver : IAttemptObserver
{
    /// <summary>Raised when a provider has refused a key, on the thread of its call.</summary>
    public event Action? Refused;

    public void OnAttemptEnded(ModelCall call, Attempt attempt)
    {
        ArgumentNullException.ThrowIfNull(attempt);
        if (attempt.Error is not null && Faults.Verdict(attempt.Outcome, attempt.Error) == AttemptVerdict.CredentialRefused)
            Refused?.Invoke();
    }
}
