namespace Switchyard.Caching;

/// <summary>The content of a cache, and its hits since it was last cleared. Immutable.</summary>
public sealed record CacheStatistics
{
    /// <summary>The number of answers it holds.</summary>
    public required int TotalEntries { get; init; }

    /// <summary>The calls that got a kept answer.</summary>
    public required long TotalHits { get; init; }

    /// <summary>The calls without a kept answer.</summary>
    public required long TotalMisses { get; init; }

    /// <summary>The approximate size of the answers in bytes.</summary>
    public required long MemorySizeBytes { get; init; }

    /// <summary>The share of hits, from 0 to 1; 0 before the first call.</summary>
    public double HitRate => TotalHits + TotalMisses == 0 ? 0 : (double)TotalHits / (TotalHits + TotalMisses);
}
