using Switchyard.Calls;

namespace Switchyard.Network;

/// <summary>The egress policy refused a request.</summary>
internal sealed class EgressBlockedException(EgressDecision decision) : Exception(MessageOf(decision))
{
    /// <summary>The decision.</summary>
    public EgressDecision Decision { get; } = decision;

    /// <summary>The refusal as the error of a call.</summary>
    public CallError ToError() => new(CallErrorKind.EgressBlocked, Message)
    {
        Provider = Decision.Request.Provider,
    };

    /// <summary>The refusal that caused an exception of sending; null if it has another cause.</summary>
    // SocketsHttpHandler wraps what its connect callback throws.
    public static EgressBlockedException? FindIn(Exception exception) =>
        exception as EgressBlockedException ?? exception.InnerException as EgressBlockedException;

    // Shown to clients: host and port, but neither path nor resolved address. The event contains both.
    private static string MessageOf(in EgressDecision decision)
    {
        var target = decision.Request.Target!;
        return $"Egress to '{target.IdnHost}:{target.Port}' is not permitted by network policy" + (decision.Reason == EgressReason.NotPublic
            ? ": its address is not public, and no entry of egress.allow names that host or address itself."
            : ": no entry of egress.allow names it.");
    }
}
