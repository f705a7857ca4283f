namespace Switchyard.Calls;

/// <summary>
/// Counts the running calls of a snapshot, so that providers which only they still use are kept until the last of them has ended.
/// Entering and leaving is one atomic addition. Thread-safe.
/// </summary>
internal sealed class InFlight
{
    // Closing adds this to the count and makes it negative, so that one addition both enters and shows whether entering is allowed.
    private const long ClosedBit = long.MinValue;

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _count;

    /// <summary>The number of running calls.</summary>
    public long Count => Interlocked.Read(ref _count) & ~ClosedBit;

    /// <summary>Completes when the snapshot is closed and the last call has left.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Counts one more call.</summary>
    /// <returns>False if the snapshot is closed: the caller then takes the one in force.</returns>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _count) > 0)
            return true;
        Leave();
        return false;
    }

    /// <summary>Adds a second hold for a call that has entered, so that it leaves twice: allowed after closing too.</summary>
    public void EnterAgain() => Interlocked.Increment(ref _count);

    /// <summary>Counts one call fewer. Called once for each successful <see cref="TryEnter"/>.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _count) == ClosedBit)
            _ended.TrySetResult();
    }

    /// <summary>Refuses new calls from now on. Called once.</summary>
    /// <returns>A task that completes when the last call has left.</returns>
    public Task CloseAsync()
    {
        if (Interlocked.Add(ref _count, ClosedBit) == ClosedBit)
            _ended.TrySetResult();
        return _ended.Task;
    }
}
