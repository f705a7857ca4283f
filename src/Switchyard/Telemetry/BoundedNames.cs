using System.Collections.Concurrent;

namespace Switchyard.Telemetry;

/// <summary>
/// The values of one label chosen by clients or providers: the first ones are kept, any other becomes <c>other</c>. Thread-safe.
/// </summary>
/// <param name="label">The label.</param>
/// <param name="most">The maximum number of values.</param>
internal sealed class BoundedNames(string label, int most)
{
    private readonly ConcurrentDictionary<string, bool> _names = new(StringComparer.Ordinal);
    private int _count;
    private long _overflows;

    public string Label => label;

    /// <summary>How often a value became <c>other</c>.</summary>
    public long Overflows => Interlocked.Read(ref _overflows);

    public string Bound(string name)
    {
        if (_names.ContainsKey(name))
            return name;
        // The dictionary's own count takes all its locks; this number can only be too large, by names that two calls add at once.
        if (Volatile.Read(ref _count) < most && Interlocked.Increment(ref _count) <= most && _names.TryAdd(name, true))
            return name;
        if (_names.ContainsKey(name))
            return name;
        Interlocked.Increment(ref _overflows);
        return SeriesStore.Other;
    }
}
