using Switchyard.Calls;

namespace Switchyard.Pipeline;

/// <summary>
/// Notified of the end of every attempt, also when its answer broke off after it was open: for health, latency, metrics and logs. Must be
/// thread-safe, and fast: it runs on the flow of the call.
/// </summary>
public interface IAttemptObserver
{
    /// <summary>Called once when an attempt has ended. An exception is logged and otherwise ignored.</summary>
    /// <param name="call">Its call, which may continue with another attempt. Its body must not be read here.</param>
    /// <param name="attempt">The attempt, which is immutable now.</param>
    void OnAttemptEnded(ModelCall call, Attempt attempt);
}
