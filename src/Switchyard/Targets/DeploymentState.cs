namespace Switchyard.Targets;

/// <summary>
/// The counters of a deployment, kept across reloads as long as a configuration or a call refers to it. Lock-free and thread-safe: each
/// counter is exact, but two of them read in a row need not belong to the same moment.
/// </summary>
public sealed class DeploymentState
{
    private int _inFlight;
    private int _failuresInARow;
    private long _attempts;
    private long _failures;

    internal DeploymentState()
    {
    }

    /// <summary>The number of running attempts, streams that are being read included.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>The number of ended attempts.</summary>
    public long Attempts => Interlocked.Read(ref _attempts);

    /// <summary>The number of <see cref="Attempts"/> that the provider failed, before or in the middle of its answer.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>The number of failures since the last answer that was read to its end.</summary>
    public int FailuresInARow => Volatile.Read(ref _failuresInARow);

    internal void Begin() => Interlocked.Increment(ref _inFlight);

    /// <param name="verdict">True for a finished answer, false for the provider's failure, null for neither (the client left).</param>
    internal void End(bool? verdict)
    {
        Interlocked.Decrement(ref _inFlight);
        Interlocked.Increment(ref _attempts);
        if (verdict is true)
        {
            // The counter is nearly always 0; writing 0 again would invalidate the cache line of other cores.
            if (Volatile.Read(ref _failuresInARow) != 0)
                Volatile.Write(ref _failuresInARow, 0);
        }
        else if (verdict is false)
        {
            Interlocked.Increment(ref _failures);
            Interlocked.Increment(ref _failuresInARow);
        }
    }
}
