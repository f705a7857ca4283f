using Switchyard.Calls;

namespace Switchyard.Pipeline;

/// <summary>Receives every ended call, exactly once: finished, failed or abandoned. Must be thread-safe and quick.</summary>
public interface ICallSink
{
    /// <summary>A call has ended. An exception is logged and otherwise ignored.</summary>
    void OnCallEnded(CallRecord record);
}
