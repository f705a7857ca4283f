namespace Switchyard.Identity;

/// <summary>When a stored key was last used, to the minute. Thread-safe.</summary>
internal sealed class KeyUse(long last)
{
    private static readonly long s_coarse = TimeSpan.TicksPerMinute;

    private long _last = last;
    private long _written = last;

    /// <summary>The time; null if it was never used.</summary>
    public DateTimeOffset? Last => Volatile.Read(ref _last) is > 0 and var ticks ? new(ticks, TimeSpan.Zero) : null;

    /// <summary>Records a use. Most calls write nothing, so that calls of one key do not contend for it.</summary>
    public void Note(DateTimeOffset now)
    {
        if (now.UtcTicks - Volatile.Read(ref _last) >= s_coarse)
            Volatile.Write(ref _last, now.UtcTicks);
    }

    /// <summary>Takes over a later use that another gateway has written.</summary>
    public void TakeOver(DateTimeOffset used)
    {
        if (used.UtcTicks <= Volatile.Read(ref _last))
            return;
        // First, so that it does not count as unwritten.
        Volatile.Write(ref _written, used.UtcTicks);
        Volatile.Write(ref _last, used.UtcTicks);
    }

    /// <summary>The time if it has not been written yet; else null.</summary>
    public DateTimeOffset? TakeUnwritten()
    {
        var now = Volatile.Read(ref _last);
        return Interlocked.Exchange(ref _written, now) == now ? null : new(now, TimeSpan.Zero);
    }
}
