namespace Switchyard.Experiments;

/// <summary>
/// Number, mean and variance of values that come one by one (Welford), in constant memory and without the cancellation that sums of squares
/// suffer from. Not thread-safe.
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

    /// <summary>Puts a value in the place of one that was added.</summary>
    public void Replace(double old, double value)
    {
        var before = Mean;
        Mean += (value - old) / Count;
        _squares += (value - old) * (value - Mean + old - before);
    }
}
