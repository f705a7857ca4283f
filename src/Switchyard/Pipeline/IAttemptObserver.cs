using Switchyard.Calls;

namespace Switchyard.Pipeline;

/// <summary>
/// Sees the end of every attempt, also of one whose answer broke off after it was open: for health, latency, metrics and logs. Must be
/// thread-safe and quick.
/// </summary>
public interface IAttemptObserver
{
    /// <summary>An attempt has ended. An exception is logged and otherwise ignored.</summary>
    /// <param name="call">Its call, which may go on with another attempt. Its body must not be read here.</param>
    /// <param name="attempt">The attempt, which changes no more.</param>
    void OnAttemptEnded(ModelCall call, Attempt attempt);
}
