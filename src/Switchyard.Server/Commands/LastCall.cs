using Switchyard.Calls;
using Switchyard.Pipeline;

namespace Switchyard.Server.Commands;

/// <summary>Keeps the record of the call that ended last: what of an answer is known only at its end, its cost for one.
/// Thread-safe.</summary>
internal sealed class LastCall : ICallSink
{
    private volatile CallRecord? _record;

    /// <summary>The record; null before the first call has ended.</summary>
    public CallRecord? Record => _record;

    public void OnCallEnded(CallRecord record)
    {
        if (record.ShadowOf is null)
            _record = record;
    }
}
