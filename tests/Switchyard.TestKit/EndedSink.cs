using Switchyard.Calls;
using Switchyard.Pipeline;

namespace Switchyard.TestKit;

/// <summary>Hands the record of every ended call to a test.</summary>
public sealed class EndedSink(Action<CallRecord> note) : ICallSink
{
    /// <inheritdoc/>
    public void OnCallEnded(CallRecord record) => note(record);
}
