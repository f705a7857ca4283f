namespace Switchyard.Experiments;

/// <summary>The unit whose calls stay with one variant.</summary>
internal enum StickyUnit
{
    /// <summary>The beginning of the conversation, up to the user's first message, which every later turn repeats.</summary>
    Conversation,

    /// <summary>The end user the client names.</summary>
    EndUser,

    /// <summary>The client key.</summary>
    Caller,

    /// <summary>None: each call is assigned at random.</summary>
    Call,
}
