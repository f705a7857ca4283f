namespace Switchyard.Common;

/// <summary>
/// A stream of random numbers that a seed determines, so that a choice can be repeated exactly to explain it. A SplitMix64 generator:
/// good enough to share load, and no good for secrets. Not thread-safe.
/// </summary>
internal struct SeededRandom(long seed)
{
    private ulong _state = (ulong)seed;

    /// <summary>A number from 0 (included) to 1 (excluded).</summary>
    public double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A number from 0 (included) to a bound (excluded).</summary>
    public int Next(int bound) => (int)(NextDouble() * bound);

    private ulong Next()
    {
        var z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
