using Switchyard.Calls;

namespace Switchyard.Refinement.Requests;

/// <summary>The caller of a refinement, passed on to the call to a model so that keys, limits and budgets count it.</summary>
public sealed record RefinementContext
{
    /// <summary>The context of the host application itself, without a caller.</summary>
    public static RefinementContext None { get; } = new();

    /// <summary>The caller; null if there is none.</summary>
    public Caller? Caller { get; init; }

    /// <summary>The request's id; null creates one.</summary>
    public string? RequestId { get; init; }

    /// <summary>The tenant of the request; null for none.</summary>
    public string? Tenant { get; init; }

    /// <summary>The tag of the call; null for none.</summary>
    public string? Tag { get; init; }

    /// <summary>The conversation it belongs to; null for none.</summary>
    public string? Session { get; init; }

    /// <summary>The gateways that the request has passed through; null for none.</summary>
    public string? Hops { get; init; }
}
