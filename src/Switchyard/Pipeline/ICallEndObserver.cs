using Switchyard.Calls;

namespace Switchyard.Pipeline;

/// <summary>
/// Notified of the end of every call, before the sinks and with the call itself: for features of this library, which must not allocate a
/// record if there is no sink. Must be thread-safe, and must not keep the call.
/// </summary>
internal interface ICallEndObserver
{
    /// <summary>Called once when a call has ended. An exception is logged and otherwise ignored.</summary>
    /// <param name="call">The call. Its body must not be read here.</param>
    /// <param name="response">Its answer, which has been disposed.</param>
    /// <param name="outcome">How it ended.</param>
    void OnCallEnded(ModelCall call, CallResponse response, CallOutcome outcome);
}
