using System.Collections.Concurrent;

namespace Switchyard.Telemetry;

/// <summary>Counters of one measure, one for each key. Thread-safe.</summary>
/// <param name="labels">Returns the labels of a key.</param>
internal sealed class CounterTable<TKey>(Func<TKey, LabelValues> labels)
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, Counter> _counters = new();

    public void Count(TKey key) => _counters.GetOrAdd(key, static _ => new Counter()).Add();

    public IEnumerable<Observation> Read() => _counters.Select(pair => new Observation(labels(pair.Key), pair.Value.Value));
}
