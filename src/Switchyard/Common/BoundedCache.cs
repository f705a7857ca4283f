using System.Collections.Concurrent;

namespace Switchyard.Common;

/// <summary>
/// A cache of computed values for names that clients choose: the first <paramref name="capacity"/> are kept, nothing is evicted, and
/// any other is computed each time, so that a client cannot fill the memory with names. Thread-safe; a hit takes no lock and allocates
/// nothing.
/// </summary>
/// <param name="capacity">The most values that are kept.</param>
internal sealed class BoundedCache<TValue>(int capacity = 1000)
    where TValue : class
{
    private readonly ConcurrentDictionary<string, TValue> _values = new(StringComparer.Ordinal);

    /// <summary>The value kept for a name; null if there is none.</summary>
    public TValue? Find(string name) => _values.GetValueOrDefault(name);

    /// <summary>Keeps a value, unless the cache is full or has the name already.</summary>
    public void Add(string name, TValue value)
    {
        if (_values.Count < capacity)
            _values.TryAdd(name, value);
    }
}
