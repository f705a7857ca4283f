namespace Switchyard.Overview;

/// <summary>The content and the hits of the cache.</summary>
public sealed record CacheOverview
{
    /// <summary>Whether answers are cached.</summary>
    public required bool Enabled { get; init; }

    /// <summary>The number of cached answers.</summary>
    public required int TotalEntries { get; init; }

    /// <summary>The number of calls with a cached answer.</summary>
    public required long TotalHits { get; init; }

    /// <summary>The number of calls without one.</summary>
    public required long TotalMisses { get; init; }

    /// <summary>The share of hits, from 0 to 1.</summary>
    public required double HitRate { get; init; }

    /// <summary>The memory of the cached answers, in bytes.</summary>
    public required long MemorySizeBytes { get; init; }
}
