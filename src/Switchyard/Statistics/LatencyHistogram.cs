using System.Numerics;

namespace Switchyard.Statistics;

/// <summary>
/// Counts of times by size, for percentiles: 16 steps to each doubling, so that a percentile is true to about 4 %, from 1 millisecond to
/// more than an hour, in 1.4 KB. Not thread-safe.
/// </summary>
internal sealed class LatencyHistogram
{
    // A step is a 16th of a doubling; below 16 units each unit is a step of its own.
    private const int StepBits = 4, Steps = 1 << StepBits, Doublings = 22;

    // A quarter of a millisecond: the fastest answers of local servers are still told apart.
    private const long TicksPerUnit = TimeSpan.TicksPerMillisecond / 4;

    private readonly int[] _counts = new int[Doublings * Steps];

    public void Clear() => Array.Clear(_counts);

    public void Add(TimeSpan time)
    {
        ref var count = ref _counts[StepOf(time)];
        if (count < int.MaxValue)
            count++;
    }

    /// <summary>Adds the counts to others.</summary>
    public void AddTo(long[] counts)
    {
        for (var i = 0; i < counts.Length; i++)
            counts[i] += _counts[i];
    }

    /// <summary>Counts to add several histograms up in.</summary>
    public static long[] NewSum() => new long[Doublings * Steps];

    /// <summary>The time that a share of the counts does not exceed: the middle of its step; zero where nothing was counted.</summary>
    public static TimeSpan Percentile(long[] counts, double share)
    {
        var total = counts.Sum();
        if (total == 0)
            return TimeSpan.Zero;
        var wanted = Math.Max(1, (long)Math.Ceiling(total * share));
        for (var step = 0; step < counts.Length; step++)
        {
            wanted -= counts[step];
            if (wanted <= 0)
                return (FloorOf(step) + FloorOf(step + 1)) / 2;
        }

        return FloorOf(counts.Length);
    }

    private static int StepOf(TimeSpan time)
    {
        var units = Math.Max(0, time.Ticks / TicksPerUnit);
        if (units < Steps)
            return (int)units;
        var doubling = BitOperations.Log2((ulong)units) - StepBits;
        var step = ((doubling + 1) << StepBits) + (int)((units >> doubling) & (Steps - 1));
        return Math.Min(step, (Doublings * Steps) - 1);
    }

    private static TimeSpan FloorOf(int step)
    {
        if (step < Steps)
            return new TimeSpan(step * TicksPerUnit);
        var doubling = (step >> StepBits) - 1;
        return new TimeSpan((((long)Steps + (step & (Steps - 1))) << doubling) * TicksPerUnit);
    }
}
