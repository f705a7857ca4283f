namespace Switchyard.Calls;

/// <summary>How an attempt ended, or that it has not.</summary>
public enum AttemptOutcome
{
    /// <summary>It is under way: being sent, or its answer is being read.</summary>
    Running,

    /// <summary>It was not sent: something of ours stood in the way, a field the target cannot take for example.</summary>
    Refused,

    /// <summary>There was no answer. Another target may be tried.</summary>
    Failed,

    /// <summary>The answer was open and broke off before its end.</summary>
    BrokeOff,

    /// <summary>The answer was read to its end.</summary>
    Finished,

    /// <summary>The client left first.</summary>
    Abandoned,
}
