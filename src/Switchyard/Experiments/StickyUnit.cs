namespace Switchyard.Experiments;

/// <summary>What stays with its variant.</summary>
internal enum StickyUnit
{
    /// <summary>The beginning of the conversation, up to the user's first message, which every later turn repeats.</summary>
    Conversation,

    /// <summary>The end user the client names.</summary>
    EndUser,

    /// <summary>The client key.</summary>
    Caller,

    /// <summary>Nothing: each call is assigned by chance.</summary>
    Call,
}
