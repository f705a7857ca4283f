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
