using Switchyard.Calls;

namespace Switchyard.Client;

/// <summary>Maps the error of a call to the exception that an in-process caller gets.</summary>
internal static class CallErrorMapping
{
    /// <summary>
    /// An <see cref="OperationCanceledException"/> for a cancelled call, as everywhere in .NET; a <see cref="CallException"/> otherwise.
    /// </summary>
    public static Exception ToException(CallError error, CancellationToken cancellationToken) =>
        error.Kind == CallErrorKind.Canceled
            ? new OperationCanceledException("The call was cancelled by its caller.", error.Cause, cancellationToken)
            : error.ToException();
}
