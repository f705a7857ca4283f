using Switchyard.Calls;

namespace Switchyard.Client;

/// <summary>What an in-process caller is thrown.</summary>
internal static class Failure
{
    /// <summary>A caller that cancelled gets what cancelled work throws in .NET; everything else keeps its kind.</summary>
    public static Exception ToException(CallError error, CancellationToken cancellationToken) =>
        error.Kind == CallErrorKind.Canceled
            ? new OperationCanceledException(error.Message, error.Cause, cancellationToken)
            : error.ToException();
}
