using Switchyard.Caching;
using Switchyard.Configuration;
using Switchyard.Engine;

namespace Switchyard.Dashboard.Pages.Cache;

/// <summary>Reads what the cache holds and was good for. Thread-safe.</summary>
internal sealed class CacheReader(SwitchyardEngine engine)
{
    public CacheReading Read() => new(engine.Cache.Statistics, engine.InForce.Cache);
}

/// <summary>The cache.</summary>
/// <param name="Counted">What it holds and was good for.</param>
/// <param name="Settings">Its settings; null where there is none.</param>
internal sealed record CacheReading(CacheStatistics Counted, CacheOptions? Settings);
