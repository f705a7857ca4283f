namespace Switchyard.Calls;

/// <summary>
/// A <see cref="CallError"/> as an exception: thrown by a dialect that cannot read its input, and by <c>SwitchyardChatClient</c>.
/// </summary>
public sealed class CallException : Exception
{
    /// <summary>Wraps an error.</summary>
    public CallException(CallError error)
        : base((error ?? throw new ArgumentNullException(nameof(error))).Message, error.Cause) => Error = error;

    /// <summary>Creates an error of a kind and wraps it.</summary>
    public CallException(CallErrorKind kind, string message, string? param = null)
        : this(new CallError(kind, message) { Param = param })
    {
    }

    /// <summary>The error.</summary>
    public CallError Error { get; }
}
