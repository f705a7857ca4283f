using System.Diagnostics.CodeAnalysis;

namespace Switchyard.Common;

/// <summary>
/// An LRU cache bounded by bytes and by age: an entry that was not used for a while expires, and the least recently used are evicted if
/// it grows too large. Split into 16 parts (shards) with a lock each, so that calls do not wait for one another. Thread-safe.
/// </summary>
/// <param name="maxBytes">The limit for all entries together, in bytes.</param>
/// <param name="keptFor">How long an entry is kept after it was written or last read.</param>
/// <param name="time">The clock.</param>
internal sealed class BoundedStore<T>(long maxBytes, TimeSpan keptFor, TimeProvider time)
    where T : class
{
    private const int PartCount = 16;

    private readonly Part[] _parts = [.. Enumerable.Range(0, PartCount).Select(_ => new Part())];
    private long _count;

    /// <summary>Whether there is no entry. Takes no lock: in most hosts nothing is ever stored.</summary>
    public bool IsEmpty => Interlocked.Read(ref _count) == 0;

    /// <summary>Adds an entry, or replaces the one of the same key. One larger than a part, <c>maxBytes / 16</c>, is not stored.</summary>
    public void Set(string key, T value, long size)
    {
        if (size > maxBytes / PartCount)
            return;
        var part = PartOf(key);
        lock (part)
        {
            Remove(part, key);
            part.ByKey[key] = part.ByUse.AddLast(new Entry(key, value, size, time.GetTimestamp()));
            part.Bytes += size;
            Interlocked.Increment(ref _count);
            while (part.ByUse.First is { } oldest && (part.Bytes > maxBytes / PartCount || IsStale(oldest.Value)))
                Remove(part, oldest.Value.Key);
        }
    }

    /// <summary>Removes an entry.</summary>
    public void Remove(string key)
    {
        var part = PartOf(key);
        lock (part)
            Remove(part, key);
    }

    /// <summary>Finds an entry and marks it as used, which restarts its age.</summary>
    public bool TryGet(string key, [NotNullWhen(true)] out T? value)
    {
        var part = PartOf(key);
        lock (part)
        {
            value = null;
            if (!part.ByKey.TryGetValue(key, out var node))
                return false;
            if (IsStale(node.Value))
            {
                Remove(part, key);
                return false;
            }

            value = node.Value.Value;
            part.ByUse.Remove(node);
            node.Value = node.Value with { UsedAt = time.GetTimestamp() };
            part.ByUse.AddLast(node);
            return true;
        }
    }

    private Part PartOf(string key) => _parts[(uint)string.GetHashCode(key, StringComparison.Ordinal) % PartCount];

    private bool IsStale(Entry entry) => time.GetElapsedTime(entry.UsedAt) > keptFor;

    private void Remove(Part part, string key)
    {
        if (!part.ByKey.Remove(key, out var node))
            return;
        part.ByUse.Remove(node);
        part.Bytes -= node.Value.Size;
        Interlocked.Decrement(ref _count);
    }

    private sealed class Part
    {
        public Dictionary<string, LinkedListNode<Entry>> ByKey { get; } = new(StringComparer.Ordinal);

        public LinkedList<Entry> ByUse { get; } = new();

        public long Bytes { get; set; }
    }

    private sealed record Entry(string Key, T Value, long Size, long UsedAt);
}
