using Switchyard.Calls;

namespace Switchyard.Limits;

/// <summary>The limits that the gateway checks before a request becomes a call. Immutable.</summary>
public sealed class RequestLimits
{
    /// <summary>The section of a snapshot. Never absent.</summary>
    public static readonly SectionKey<RequestLimits> Section = new();

    internal RequestLimits(long maxBodyBytes) => MaxBodyBytes = maxBodyBytes;

    /// <summary>The largest request body in bytes (<c>server.max_body</c>).</summary>
    public long MaxBodyBytes { get; }
}
