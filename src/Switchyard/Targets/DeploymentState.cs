namespace Switchyard.Targets;

/// <summary>
/// What has happened to a deployment: counters that outlive a configuration as long as any refers to it. Lock-free and thread-safe; each
/// figure is exact, two read one after the other may be a call apart.
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

    /// <summary>The attempts under way, streams that are being read included.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>The attempts that have ended.</summary>
    public long Attempts => Interlocked.Read(ref _attempts);

    /// <summary>Of <see cref="Attempts"/> those that failed or whose answer broke off by the provider's doing.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>The failures since the last answer that was read to its end.</summary>
    public int FailuresInARow => Volatile.Read(ref _failuresInARow);

    internal void Begin() => Interlocked.Increment(ref _inFlight);

    /// <param name="verdict">True for a finished answer, false for a failure, null where the provider was not to blame.</param>
    internal void End(bool? verdict)
    {
        Interlocked.Decrement(ref _inFlight);
        Interlocked.Increment(ref _attempts);
        if (verdict is true)
        {
            // Most calls find 0 here; writing it again would only take the cache line from other cores.
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
