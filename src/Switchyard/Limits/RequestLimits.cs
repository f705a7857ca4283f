using Switchyard.Calls;

namespace Switchyard.Limits;

/// <summary>The limits that the gateway checks before a request becomes a call. Immutable.</summary>
public sealed class RequestLimits
{
    /// <summary>The section of a snapshot. Never absent.</summary>
    public static readonly SectionKey<RequestLimits> Section = new();

    internal RequestLimits(long maxBodyBytes, long maxBodiesBytes)
    {
        MaxBodyBytes = maxBodyBytes;
        MaxBodiesBytes = maxBodiesBytes;
    }

    /// <summary>The largest request body in bytes (<c>server.max_body</c>).</summary>
    public long MaxBodyBytes { get; }

    /// <summary>The maximum number of bytes that large request bodies may take in memory together (<c>server.max_bodies</c>).</summary>
    public long MaxBodiesBytes { get; }

    /// <summary>The default for all bodies together: an eighth of the memory, but at least two bodies of the largest size.</summary>
    internal static long DefaultMaxBodies(long maxBodyBytes) =>
        Math.Max(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8, 2 * maxBodyBytes);
}
