namespace Switchyard.Attempts;

/// <summary>
/// Bounds retries and hedges over all calls, so that an outage is not multiplied: a share of the calls, plus ten a second. A call
/// costs one atomic increment; only a retry takes a lock. Thread-safe.
/// </summary>
internal sealed class RetryBudget(TimeProvider time)
{
    private const double PerSecond = 10;

    // The most allowance that accumulates while nothing fails: ten seconds of it.
    private const double MostSaved = 10 * PerSecond;

    private readonly Lock _gate = new();
    private long _calls;
    private long _callsSeen;
    private long _seenAt = time.GetTimestamp();
    private double _saved = PerSecond;

    /// <summary>Counts a call.</summary>
    public void OnCall() => Interlocked.Increment(ref _calls);

    /// <summary>Takes one retry from the budget; false when it is used up.</summary>
    /// <param name="share">The share of retries among all calls.</param>
    public bool TryTake(double share)
    {
        lock (_gate)
        {
            var (calls, now) = (Interlocked.Read(ref _calls), time.GetTimestamp());
            var earned = ((calls - _callsSeen) * share) + (time.GetElapsedTime(_seenAt, now).TotalSeconds * PerSecond);
            (_callsSeen, _seenAt) = (calls, now);
            _saved = Math.Min(_saved + Math.Max(0, earned), MostSaved);
            if (_saved < 1)
                return false;
            _saved--;
            return true;
        }
    }
}
