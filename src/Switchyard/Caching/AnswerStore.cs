using System.Diagnostics.CodeAnalysis;

namespace Switchyard.Caching;

/// <summary>
/// Kept answers, bounded by their number and their bytes: the one used longest ago makes room, in strict order. A read makes an answer the
/// most recent, replacing one evicts nothing, and one that has outlived its time is a miss and goes. Thread-safe, under one lock: strict
/// order needs one, and it is held for the moving of a few references.
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

    /// <summary>Sets the bounds, and drops what is beyond them.</summary>
    public void Bound(int maxEntries, long maxBytes)
    {
        lock (_gate)
        {
            (_maxEntries, _maxBytes) = (maxEntries, maxBytes);
            Trim();
        }
    }

    /// <summary>Finds an answer, and counts whether it was found.</summary>
    public bool TryGet(AnswerKey key, [NotNullWhen(true)] out KeptAnswer? answer)
    {
        lock (_gate)
        {
            answer = Find(key);
            _ = answer is null ? _misses++ : _hits++;
            return answer is not null;
        }
    }

    /// <summary>Finds an answer that was kept just now, after a miss that was counted: the miss then was none.</summary>
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

    /// <summary>Counts a miss as a hit after all: the answer was found elsewhere.</summary>
    public void FoundElsewhere()
    {
        lock (_gate)
        {
            _misses = Math.Max(0, _misses - 1);
            _hits++;
        }
    }

    /// <summary>Keeps an answer, in the place of one that is there. One that is larger than all together may be is not kept.</summary>
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

    /// <summary>Drops every answer to what was asked, whoever asked it.</summary>
    /// <returns>The keys of those that were there.</returns>
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

    /// <summary>Drops all, and begins to count anew.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _byKey.Clear();
            _byUse.Clear();
            (_bytes, _hits, _misses) = (0, 0, 0);
        }
    }

    /// <summary>What is there, and what was found.</summary>
    public CacheStatistics Read()
    {
        lock (_gate)
            return new(_byKey.Count, _hits, _misses, _bytes);
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

    /// <summary>An answer, and to when it is valid, by a clock that nobody sets: the time of day may be set back.</summary>
    private readonly record struct Entry(AnswerKey Key, KeptAnswer Answer, TimeSpan Until);
}
