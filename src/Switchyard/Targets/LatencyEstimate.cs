namespace Switchyard.Targets;

/// <summary>
/// The recent latency of a deployment and its recent share of successes, as moving averages in which a new value has a weight of 0.3. Both
/// expire after five minutes without an attempt, so that a target that was slow once is tried again. Lock-free and thread-safe.
/// </summary>
internal sealed class LatencyEstimate
{
    private const double Weight = 0.3;

    private static readonly TimeSpan s_keptFor = TimeSpan.FromMinutes(5);

    private double _milliseconds = double.NaN;
    private double _successes = 1;
    private long _updatedAt = long.MinValue;

    /// <summary>Adds an answer.</summary>
    /// <param name="latency">The time until the answer was open.</param>
    /// <param name="now">The time.</param>
    public void Succeeded(TimeSpan latency, TimeSpan now)
    {
        var isFresh = IsFresh(now);
        Update(ref _milliseconds, latency.TotalMilliseconds, isFresh);
        Update(ref _successes, 1, isFresh);
        Volatile.Write(ref _updatedAt, now.Ticks);
    }

    /// <summary>Adds a failure.</summary>
    public void Failed(TimeSpan now)
    {
        var isFresh = IsFresh(now);
        if (!isFresh)
            Volatile.Write(ref _milliseconds, double.NaN);
        Update(ref _successes, 0, isFresh);
        Volatile.Write(ref _updatedAt, now.Ticks);
    }

    /// <summary>
    /// The expected time in milliseconds to an answer, including failures: the latency divided by the share of successes. Null if no answer
    /// was measured recently.
    /// </summary>
    public double? ScoreAt(TimeSpan now)
    {
        var milliseconds = Volatile.Read(ref _milliseconds);
        return IsFresh(now) && !double.IsNaN(milliseconds) ? milliseconds / Math.Max(Volatile.Read(ref _successes), 0.05) : null;
    }

    private bool IsFresh(TimeSpan now) =>
        Volatile.Read(ref _updatedAt) is var updated && updated != long.MinValue && now.Ticks - updated < s_keptFor.Ticks;

    private static void Update(ref double average, double value, bool isFresh)
    {
        while (true)
        {
            var before = Volatile.Read(ref average);
            var after = isFresh && !double.IsNaN(before) ? before + (Weight * (value - before)) : value;
            // Compared as bits: NaN does not equal itself.
            if (BitConverter.DoubleToInt64Bits(Interlocked.CompareExchange(ref average, after, before))
                == BitConverter.DoubleToInt64Bits(before))
                return;
        }
    }
}
