namespace Switchyard.Targets;

/// <summary>
/// When a route calls another target in addition to a late one, and how often: a share of its calls, counted here. Immutable except for
/// that count. Thread-safe.
/// </summary>
/// <param name="after">The fixed time after which a target is late; null if a percentile decides.</param>
/// <param name="percentile">The share of its recent latencies that a target may not exceed, from 0 to 1; null if the time is fixed.</param>
/// <param name="max">The share of the route's calls that may be hedged, from 0 to 1.</param>
internal sealed class HedgeRule(TimeSpan? after, double? percentile, double max)
{
    // The maximum number of hedges saved up while no target is late; the first late call may always be hedged.
    private const double MostSaved = 10;

    private readonly Lock _gate = new();
    private long _calls;
    private long _callsSeen;
    private double _saved = 1;

    /// <summary>Counts a call of the route.</summary>
    public void OnCall() => Interlocked.Increment(ref _calls);

    /// <summary>The time after which a deployment is late; null if too few of its latencies are known.</summary>
    public TimeSpan? DelayFor(DeploymentState state, bool stream, TimeSpan now) =>
        after ?? state.WatchRecent(stream).Percentile(percentile!.Value, now);

    /// <summary>Takes one hedge from the share; false if it is used up.</summary>
    public bool TryTake()
    {
        lock (_gate)
        {
            var calls = Interlocked.Read(ref _calls);
            _saved = Math.Min(_saved + ((calls - _callsSeen) * max), MostSaved);
            _callsSeen = calls;
            if (_saved < 1)
                return false;
            _saved--;
            return true;
        }
    }
}
