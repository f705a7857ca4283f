using System.Numerics;

namespace Switchyard.Common;

/// <summary>
/// Counts of times by size, for percentiles: 16 steps to each doubling, so that a percentile is accurate to about 4 %, from a quarter of a
/// millisecond to more than an hour, in 1.4 KB. Not thread-safe.
/// </summary>
internal sealed class TimeHistogram
{
    // A step is a 16th of a doubling; below 16 units each unit is a step.
    private const int StepBits = 4, Steps = 1 << StepBits, Doublings = 22;

    // A quarter of a millisecond: it still distinguishes the fastest answers of local servers.
    private const long TicksPerUnit = TimeSpan.TicksPerMillisecond / 4;

    private readonly int[] _counts = new int[Doublings * Steps];

    /// <summary>The number of counted times.</summary>
    public long Count { get; private set; }

    public void Add(TimeSpan time) => Add(StepOf(time), 1);

    /// <summary>Adds the counts of another.</summary>
    public void Add(TimeHistogram other)
    {
        for (var step = 0; step < _counts.Length; step++)
            Add(step, other._counts[step]);
    }

    public void Clear()
    {
        Array.Clear(_counts);
        Count = 0;
    }

    /// <summary>Halves every count, so that newer times have more weight.</summary>
    public void Halve()
    {
        Count = 0;
        for (var step = 0; step < _counts.Length; step++)
            Count += _counts[step] /= 2;
    }

    /// <summary>The time that a share of the counts does not exceed: the middle of its step; zero if nothing was counted.</summary>
    /// <param name="share">The share, from 0 to 1: 0.95 for the 95th percentile.</param>
    public TimeSpan Percentile(double share)
    {
        if (Count == 0)
            return TimeSpan.Zero;
        var wanted = Math.Max(1, (long)Math.Ceiling(Count * share));
        for (var step = 0; step < _counts.Length; step++)
        {
            wanted -= _counts[step];
            if (wanted <= 0)
                return (FloorOf(step) + FloorOf(step + 1)) / 2;
        }

        return FloorOf(_counts.Length);
    }

    private void Add(int step, int count)
    {
        // A count at its maximum stays there.
        count = Math.Min(count, int.MaxValue - _counts[step]);
        _counts[step] += count;
        Count += count;
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
