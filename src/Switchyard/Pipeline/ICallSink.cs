using Switchyard.Calls;

namespace Switchyard.Pipeline;

/// <summary>
/// Receives a record of every ended call, exactly once: finished, failed or abandoned. Must be thread-safe, and fast: it runs on the flow
/// of the call.
/// </summary>
public interface ICallSink
{
    /// <summary>Called once when a call has ended. An exception is logged and otherwise ignored.</summary>
    /// <param name="record">The record, which may be kept.</param>
    void OnCallEnded(CallRecord record);
}
