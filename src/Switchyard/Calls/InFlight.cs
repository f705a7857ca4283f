namespace Switchyard.Calls;

/// <summary>
/// Counts the calls under way on a snapshot, so that what only they still need is kept until the last of them has ended. Entering and
/// leaving is one atomic addition.
/// </summary>
internal sealed class InFlight
{
    // Closing adds this to the count, so that one addition both enters and learns whether it may.
    private const long ClosedBit = long.MinValue;

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _count;

    /// <summary>Enters.</summary>
    /// <returns>False when it is closed: the caller looks for the snapshot that is in force now.</returns>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _count) > 0)
            return true;
        Leave();
        return false;
    }

    /// <summary>Leaves; once for each time it was entered.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _count) == ClosedBit)
            _ended.TrySetResult();
    }

    /// <summary>Lets nobody in from now on. Called once.</summary>
    /// <returns>Completes when the last one has left.</returns>
    public Task CloseAsync()
    {
        if (Interlocked.Add(ref _count, ClosedBit) == ClosedBit)
            _ended.TrySetResult();
        return _ended.Task;
    }
}
