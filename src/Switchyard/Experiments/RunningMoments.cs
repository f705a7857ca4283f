namespace Switchyard.Experiments;

/// <summary>
/// Number, mean and variance of a sequence of values (Welford), in constant memory and without the numeric cancellation of sums of
/// squares. Not thread-safe.
/// </summary>
internal struct RunningMoments
{
    private double _squares;

    public long Count { get; private set; }

    public double Mean { get; private set; }

    /// <summary>The sample variance; 0 of fewer than two values.</summary>
    public readonly double Variance => Count < 2 ? 0 : Math.Max(0, _squares) / (Count - 1);

    public void Add(double value)
    {
        Count++;
        var before = value - Mean;
        Mean += before / Count;
        _squares += before * (value - Mean);
    }

    /// <summary>Replaces a value that was added before.</summary>
    public void Replace(double old, double value)
    {
        var before = Mean;
        Mean += (value - old) / Count;
        _squares += (value - old) * (value - Mean + old - before);
    }
}
