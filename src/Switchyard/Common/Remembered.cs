using System.Collections.Concurrent;

namespace Switchyard.Common;

/// <summary>
/// What was worked out for names that clients choose: some are remembered, up to a number, and the rest worked out anew each time, so
/// that nobody can fill the memory with names. Thread-safe; a hit takes no lock and allocates nothing.
/// </summary>
/// <param name="most">How many are remembered.</param>
internal sealed class Remembered<TValue>(int most = 1000)
    where TValue : class
{
    private readonly ConcurrentDictionary<string, TValue> _values = new(StringComparer.Ordinal);

    /// <summary>What is remembered under a name; null when nothing is.</summary>
    public TValue? Find(string name) => _values.GetValueOrDefault(name);

    /// <summary>Remembers, if there is room.</summary>
    public void Add(string name, TValue value)
    {
        if (_values.Count < most)
            _values.TryAdd(name, value);
    }
}
