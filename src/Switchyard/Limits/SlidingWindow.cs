namespace Switchyard.Limits;

/// <summary>
/// A sliding window: a ring of times and amounts. Exact for up to 512 entries; beyond that, entries within a thousandth of the window are
/// merged at the later time, so that it never counts too little and needs at most 24 KB. Not thread-safe: its <see cref="LimitState"/>
/// locks.
/// </summary>
internal sealed class SlidingWindow(TimeSpan length)
{
    // Always a power of two: the capacity is doubled.
    private const int FirstCapacity = 16;
    private const int ExactUpTo = 512;

    private readonly long _grain = Math.Max(1, length.Ticks / 1000);
    private Entry[] _ring = new Entry[FirstCapacity];
    private int _first;
    private int _count;
    private long _sum;

    /// <summary>The window's length.</summary>
    public TimeSpan Length => length;

    /// <summary>The amount in the window.</summary>
    public long SumAt(TimeSpan now)
    {
        Expire(now);
        return _sum;
    }

    /// <summary>Counts an amount.</summary>
    public void Add(long amount, TimeSpan now)
    {
        Expire(now);
        _sum += amount;
        if (_count > 0)
        {
            // Two threads may arrive in another order than they read the clock.
            ref var last = ref At(_count - 1);
            var time = Math.Max(last.Time, now.Ticks);
            if (time == last.Time || (_count >= ExactUpTo && time - last.Since < _grain))
            {
                (last.Time, last.Amount) = (time, last.Amount + amount);
                return;
            }
        }

        if (_count == _ring.Length)
            Grow();
        At(_count++) = new Entry { Since = now.Ticks, Time = now.Ticks, Amount = amount };
    }

    /// <summary>Takes back an amount that was counted at a time, as far as it is still in the window.</summary>
    public void TakeBack(long amount, TimeSpan countedAt, TimeSpan now)
    {
        Expire(now);
        for (var i = FirstSince(countedAt.Ticks); i < _count && amount > 0; i++)
        {
            ref var entry = ref At(i);
            var back = Math.Min(amount, entry.Amount);
            entry.Amount -= back;
            _sum -= back;
            amount -= back;
        }
    }

    /// <summary>The time until there is room for an amount; zero if there is room now.</summary>
    public TimeSpan WaitFor(long amount, long max, TimeSpan now)
    {
        Expire(now);
        var left = _sum;
        var until = TimeSpan.Zero;
        for (var i = 0; i < _count && left + amount > max; i++)
        {
            left -= At(i).Amount;
            until = TimeSpan.FromTicks(At(i).Time + length.Ticks - now.Ticks);
        }

        return until;
    }

    /// <summary>The time until the window is empty.</summary>
    public TimeSpan EmptyIn(TimeSpan now)
    {
        Expire(now);
        return _count == 0 ? TimeSpan.Zero : TimeSpan.FromTicks(At(_count - 1).Time + length.Ticks - now.Ticks);
    }

    /// <summary>Removes all entries.</summary>
    public void Clear() => (_first, _count, _sum) = (0, 0, 0);

    private void Expire(TimeSpan now)
    {
        while (_count > 0 && _ring[_first].Time + length.Ticks <= now.Ticks)
        {
            _sum -= _ring[_first].Amount;
            _first = (_first + 1) & (_ring.Length - 1);
            _count--;
        }
    }

    /// <summary>The index of the first entry that is not earlier than a time: a binary search, as times ascend.</summary>
    private int FirstSince(long ticks)
    {
        var (low, high) = (0, _count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (At(middle).Time < ticks)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    // The length is a power of two.
    private ref Entry At(int index) => ref _ring[(_first + index) & (_ring.Length - 1)];

    private void Grow()
    {
        var larger = new Entry[_ring.Length * 2];
        for (var i = 0; i < _count; i++)
            larger[i] = At(i);
        (_ring, _first) = (larger, 0);
    }

    /// <summary>An amount, and the times of its first and last count.</summary>
    private struct Entry
    {
        public long Since;
        public long Time;
        public long Amount;
    }
}
