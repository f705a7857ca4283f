using Switchyard.Calls;

namespace Switchyard.Refinement.Requests;

/// <summary>For whom a schema is refined: what the call to a model carries, so that keys, limits and budgets count it.</summary>
public sealed record RefinementContext
{
    /// <summary>Nobody in particular: the host itself.</summary>
    public static RefinementContext None { get; } = new();

    /// <summary>The caller; null for none.</summary>
    public Caller? Caller { get; init; }

    /// <summary>The request's id; null makes one.</summary>
    public string? RequestId { get; init; }

    /// <summary>The tenant it is made for; null for none.</summary>
    public string? Tenant { get; init; }

    /// <summary>What the call is tagged with; null for nothing.</summary>
    public string? Tag { get; init; }

    /// <summary>The conversation it belongs to; null for none.</summary>
    public string? Session { get; init; }

    /// <summary>The gateways the request has passed; null for none.</summary>
    public string? Hops { get; init; }
}
