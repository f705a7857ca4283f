using System.Diagnostics.CodeAnalysis;

namespace Switchyard.Caching;

/// <summary>
/// Kept answers, bounded by number and bytes, with strict least-recently-used eviction. A read makes an answer the most recent,
/// a replacement evicts nothing, and an expired answer is a miss and is removed. Thread-safe, under one lock: strict order needs
/// one, and it is held only while a few references move.
/// </summary>
internal sealed class AnswerStore(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<AnswerKey, LinkedListNode<Entry>> _byKey = [];
    private readonly LinkedList<Entry> _byUse = new();
    private int _maxEntries;
    private long _maxBytes;
    private long _bytes;
    private long _hits;
    private long _misses;

    /// <summary>Sets the bounds, and drops answers beyond them.</summary>
    public void Bound(int maxEntries, long maxBytes)
    {
        lock (_gate)
        {
            (_maxEntries, _maxBytes) = (maxEntries, maxBytes);
            Trim();
        }
    }

    /// <summary>Finds an answer, and counts a hit or a miss.</summary>
    public bool TryGet(AnswerKey key, [NotNullWhen(true)] out KeptAnswer? answer)
    {
        lock (_gate)
        {
            answer = Find(key);
            _ = answer is null ? _misses++ : _hits++;
            return answer is not null;
        }
    }

    /// <summary>Finds an answer that was kept just now, after a counted miss: the miss then counts as a hit.</summary>
    public bool TryGetAfterMiss(AnswerKey key, [NotNullWhen(true)] out KeptAnswer? answer)
    {
        lock (_gate)
        {
            answer = Find(key);
            if (answer is null)
                return false;
            _misses = Math.Max(0, _misses - 1);
            _hits++;
            return true;
        }
    }

    /// <summary>Counts a miss as a hit after all: the answer was found on the second level.</summary>
    public void FoundElsewhere()
    {
        lock (_gate)
        {
            _misses = Math.Max(0, _misses - 1);
            _hits++;
        }
    }

    /// <summary>Keeps an answer and replaces an existing one. An answer larger than the total bound is not kept.</summary>
    public void Set(AnswerKey key, KeptAnswer answer)
    {
        lock (_gate)
        {
            Remove(key);
            var left = answer.LeftAt(time.GetUtcNow());
            if (answer.Size > _maxBytes || left < TimeSpan.Zero)
                return;
            _byKey[key] = _byUse.AddLast(new Entry(key, answer, Now() + left));
            _bytes += answer.Size;
            Trim();
        }
    }

    /// <summary>Drops every answer to a request, for all callers.</summary>
    /// <returns>The keys of the dropped answers.</returns>
    public IReadOnlyList<AnswerKey> Invalidate(AnswerKey content)
    {
        lock (_gate)
        {
            AnswerKey[] found = [.. _byUse.Where(entry => entry.Answer.Content == content).Select(entry => entry.Key)];
            foreach (var key in found)
                Remove(key);
            return found;
        }
    }

    /// <summary>Drops all answers, and resets the counters.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _byKey.Clear();
            _byUse.Clear();
            (_bytes, _hits, _misses) = (0, 0, 0);
        }
    }

    /// <summary>The size of the store, and its hits and misses.</summary>
    public CacheStatistics Read()
    {
        lock (_gate)
            return new() { TotalEntries = _byKey.Count, TotalHits = _hits, TotalMisses = _misses, MemorySizeBytes = _bytes };
    }

    private KeptAnswer? Find(AnswerKey key)
    {
        if (!_byKey.TryGetValue(key, out var node))
            return null;
        if (Now() > node.Value.Until)
        {
            Remove(key);
            return null;
        }

        _byUse.Remove(node);
        _byUse.AddLast(node);
        return node.Value.Answer;
    }

    private void Remove(AnswerKey key)
    {
        if (!_byKey.Remove(key, out var node))
            return;
        _byUse.Remove(node);
        _bytes -= node.Value.Answer.Size;
    }

    private TimeSpan Now() => time.GetElapsedTime(0);

    private void Trim()
    {
        while (_byUse.First is { } oldest && (_byKey.Count > _maxEntries || _bytes > _maxBytes))
            Remove(oldest.Value.Key);
    }

    /// <summary>An answer and its expiry on the monotonic clock, because the time of day may be set back.</summary>
    private readonly record struct Entry(AnswerKey Key, KeptAnswer Answer, TimeSpan Until);
}
