namespace Switchyard.Calls;

/// <summary>A <see cref="CallError"/> at an edge that throws: a dialect that cannot read its input, or the <c>IChatClient</c> face.</summary>
public sealed class CallException : Exception
{
    /// <summary>Wraps an error.</summary>
    public CallException(CallError error)
        : base((error ?? throw new ArgumentNullException(nameof(error))).Message, error.Cause) => Error = error;

    /// <summary>Makes an error of a kind and wraps it.</summary>
    public CallException(CallErrorKind kind, string message, string? param = null)
        : this(new CallError(kind, message) { Param = param })
    {
    }

    /// <summary>What happened.</summary>
    public CallError Error { get; }
}
