namespace Switchyard.Telemetry;

/// <summary>
/// A histogram of times. Thread-safe and lock-free; recording allocates nothing. The number of observations is the sum of the buckets, so
/// that the two always agree; the sum of values may not yet include an observation that is being recorded.
/// </summary>
internal sealed class Distribution
{
    private readonly double[] _bounds;
    private readonly long[] _ticks;
    private readonly long[] _buckets;
    private long _sum;

    /// <param name="bounds">The upper bounds of the buckets in seconds, ascending.</param>
    public Distribution(double[] bounds)
    {
        _bounds = bounds;
        _ticks = Array.ConvertAll(bounds, static seconds => TimeSpan.FromSeconds(seconds).Ticks);
        _buckets = new long[bounds.Length + 1];
    }

    public double[] Bounds => _bounds;

    /// <summary>The sum of the observations, in seconds.</summary>
    public double Sum => new TimeSpan(Interlocked.Read(ref _sum)).TotalSeconds;

    /// <summary>The number of observations in each bucket, and above the last bound.</summary>
    public long[] Buckets()
    {
        var copy = new long[_buckets.Length];
        for (var i = 0; i < copy.Length; i++)
            copy[i] = Interlocked.Read(ref _buckets[i]);
        return copy;
    }

    public void Record(TimeSpan time)
    {
        var ticks = Math.Max(0, time.Ticks);
        var bucket = 0;
        while (bucket < _ticks.Length && ticks > _ticks[bucket])
            bucket++;
        Interlocked.Increment(ref _buckets[bucket]);
        Interlocked.Add(ref _sum, ticks);
    }
}
