namespace Switchyard.Calls;

/// <summary>How a call ended.</summary>
public enum CallOutcome
{
    /// <summary>The answer was read to its end.</summary>
    Finished,

    /// <summary>There was no answer, or it broke off.</summary>
    Failed,

    /// <summary>The client left first.</summary>
    Abandoned,
}

/// <summary>Receives every ended call, exactly once: finished, failed or abandoned. Must be thread-safe and quick.</summary>
public interface ICallSink
{
    /// <summary>Takes note of a call. An exception is logged and otherwise ignored.</summary>
    void OnCallEnded(ModelCall call, CallOutcome outcome, CallError? error);
}
