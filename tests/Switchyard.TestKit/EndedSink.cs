using Switchyard.Calls;

namespace Switchyard.TestKit;

/// <summary>Hands every ended call to a test.</summary>
public sealed class EndedSink(Action<ModelCall, CallOutcome, CallError?> note) : ICallSink
{
    /// <summary>A sink that cares only for the call.</summary>
    public EndedSink(Action<ModelCall> note)
        : this((call, _, _) => note(call))
    {
    }

    /// <inheritdoc/>
    public void OnCallEnded(ModelCall call, CallOutcome outcome, CallError? error) => note(call, outcome, error);
}
