using Switchyard.Calls;

namespace Switchyard.Limits;

/// <summary>What an entry takes of a request. Immutable.</summary>
public sealed class RequestLimits
{
    /// <summary>The section of a snapshot. Always there.</summary>
    public static readonly SectionKey<RequestLimits> Section = new();

    internal RequestLimits(long maxBodyBytes) => MaxBodyBytes = maxBodyBytes;

    /// <summary>The largest request body, in bytes.</summary>
    public long MaxBodyBytes { get; }
}
