namespace Switchyard.Caching;

/// <summary>The content of a cache, and its hits since it was last cleared. Immutable.</summary>
/// <param name="TotalEntries">The number of answers it holds.</param>
/// <param name="TotalHits">The calls that got a kept answer.</param>
/// <param name="TotalMisses">The calls without a kept answer.</param>
/// <param name="MemorySizeBytes">The approximate size of the answers in bytes.</param>
public sealed record CacheStatistics(int TotalEntries, long TotalHits, long TotalMisses, long MemorySizeBytes)
{
    /// <summary>The share of hits, from 0 to 1; 0 before the first call.</summary>
    public double HitRate => TotalHits + TotalMisses == 0 ? 0 : (double)TotalHits / (TotalHits + TotalMisses);
}
