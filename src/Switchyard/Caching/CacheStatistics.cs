namespace Switchyard.Caching;

/// <summary>What a cache holds, and what it was good for since it was last cleared. Immutable.</summary>
/// <param name="TotalEntries">The answers it holds.</param>
/// <param name="TotalHits">Calls that were given a kept answer.</param>
/// <param name="TotalMisses">Calls that found none.</param>
/// <param name="MemorySizeBytes">About how many bytes the answers take.</param>
public sealed record CacheStatistics(int TotalEntries, long TotalHits, long TotalMisses, long MemorySizeBytes)
{
    /// <summary>The share of hits, from 0 to 1; 0 before the first call.</summary>
    public double HitRate => TotalHits + TotalMisses == 0 ? 0 : (double)TotalHits / (TotalHits + TotalMisses);
}
