namespace Switchyard.Common;

/// <summary>
/// A stream of random numbers that a seed determines, so that a choice can be repeated exactly to explain it. A SplitMix64 generator:
/// good enough to share load, but not for secrets. Not thread-safe.
/// </summary>
internal struct SeededRandom(long seed)
{
    private const ulong Step = 0x9E3779B97F4A7C15;

    private ulong _state = (ulong)seed;

    /// <summary>A number from 0 (included) to 1 (excluded).</summary>
    public double NextDouble() => (long)(Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A number from 0 (included) to a bound (excluded).</summary>
    public int Next(int bound) => (int)(NextDouble() * bound);

    /// <summary>Fills the numbers with random bits.</summary>
    public void Fill(Span<ulong> numbers)
    {
        // In a local variable, which the loop can keep in a register.
        var state = _state;
        foreach (ref var number in numbers)
            number = Mix(state += Step);
        _state = state;
    }

    private ulong Next() => Mix(_state += Step);

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
