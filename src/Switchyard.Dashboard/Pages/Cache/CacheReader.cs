using Switchyard.Caching;
using Switchyard.Configuration;
using Switchyard.Engine;

namespace Switchyard.Dashboard.Pages.Cache;

/// <summary>Reads the statistics and the settings of the cache. Thread-safe.</summary>
internal sealed class CacheReader(SwitchyardEngine engine)
{
    public CacheReading Read() => new(engine.Cache.Statistics, engine.InForce.Cache);
}

/// <summary>The cache.</summary>
/// <param name="Counted">Its entries, hits and misses.</param>
/// <param name="Settings">Its settings; null if no cache is configured.</param>
internal sealed record CacheReading(CacheStatistics Counted, CacheOptions? Settings);
