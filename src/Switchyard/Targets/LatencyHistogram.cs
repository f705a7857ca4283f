namespace Switchyard.Targets;

/// <summary>
/// The distribution of a deployment's recent latencies, in steps of about 9 %, in 700 bytes. Old ones fade: all counts are halved when
/// there are <see cref="Most"/> of them, and for each five minutes that have passed. Thread-safe; its lock is taken only where a percentile
/// decides something.
/// </summary>
internal sealed class LatencyHistogram
{
    /// <summary>The fewest latencies that a percentile is told from.</summary>
    public const int Fewest = 20;

    // Eight steps for each doubling, from 1 ms: up to 18 minutes, longer than any call.
    private const int StepsEachDoubling = 8;
    private const int Steps = 20 * StepsEachDoubling;
    private const int Most = 1000;

    private static readonly TimeSpan s_halfLife = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private readonly int[] _counts = new int[Steps];
    private int _total;
    private TimeSpan _halvedAt;

    /// <summary>Adds a latency.</summary>
    public void Add(TimeSpan latency, TimeSpan now)
    {
        lock (_gate)
        {
            Fade(now);
            _counts[StepOf(latency)]++;
            if (++_total >= Most)
                Halve();
        }
    }

    /// <summary>The latency that a share of the recent ones did not exceed; null while too few are known.</summary>
    /// <param name="share">The share, from 0 to 1: 0.95 for the 95th percentile.</param>
    /// <param name="now">The time.</param>
    public TimeSpan? Percentile(double share, TimeSpan now)
    {
        lock (_gate)
        {
            Fade(now);
            if (_total < Fewest)
                return null;
            var below = 0;
            for (var step = 0; step < Steps; step++)
            {
                below += _counts[step];
                if (below >= share * _total)
                    return UpperEndOf(step);
            }

            return UpperEndOf(Steps - 1);
        }
    }

    private static int StepOf(TimeSpan latency) =>
        (int)Math.Clamp(Math.Log2(Math.Max(latency.TotalMilliseconds, 1)) * StepsEachDoubling, 0, Steps - 1);

    private static TimeSpan UpperEndOf(int step) => TimeSpan.FromMilliseconds(Math.Pow(2, (step + 1.0) / StepsEachDoubling));

    private void Fade(TimeSpan now)
    {
        if (_total == 0)
            _halvedAt = now;
        for (; _total > 0 && now - _halvedAt >= s_halfLife; _halvedAt += s_halfLife)
            Halve();
    }

    private void Halve()
    {
        _total = 0;
        for (var step = 0; step < Steps; step++)
            _total += _counts[step] /= 2;
    }
}
