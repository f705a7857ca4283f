namespace Switchyard.Calls;

/// <summary>The state of an attempt: running, or how it ended.</summary>
public enum AttemptOutcome
{
    /// <summary>Not ended: the request is being sent, or the answer is being read.</summary>
    Running,

    /// <summary>Not sent: the provider could not be loaded, or, in strict mode, the target cannot take a field.</summary>
    Refused,

    /// <summary>Sent, but no answer was opened. Another target may be tried.</summary>
    Failed,

    /// <summary>The answer was open and failed before its end.</summary>
    BrokeOff,

    /// <summary>The answer was read to its end.</summary>
    Finished,

    /// <summary>The client disconnected or disposed the answer before its end, or another attempt answered first.</summary>
    Abandoned,
}
