using Switchyard.Calls;
using Switchyard.Pipeline;

namespace Switchyard.Server.Commands;

/// <summary>Keeps the record of the call that ended last, for facts known only at the end of an answer, such as its cost.
/// Thread-safe.</summary>
internal sealed class LastCall : ICallSink
{
    private volatile CallRecord? _record;

    /// <summary>The record; null until the first call has ended.</summary>
    public CallRecord? Record => _record;

    public void OnCallEnded(CallRecord record)
    {
        if (record.ShadowOf is null)
            _record = record;
    }
}
