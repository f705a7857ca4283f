namespace Switchyard.Calls;

/// <summary>How a call ended.</summary>
public enum CallOutcome
{
    /// <summary>The answer was read to its end.</summary>
    Finished,

    /// <summary>There was no answer, or it failed before its end.</summary>
    Failed,

    /// <summary>The client disconnected or disposed the answer before its end.</summary>
    Abandoned,
}
