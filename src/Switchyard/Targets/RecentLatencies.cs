using Switchyard.Common;

namespace Switchyard.Targets;

/// <summary>
/// The distribution of a deployment's recent latencies. Old ones fade: all counts are halved when there are <see cref="Most"/> of them, and
/// every five minutes. Thread-safe; its lock is taken only if a percentile is used.
/// </summary>
internal sealed class RecentLatencies
{
    /// <summary>The minimum number of latencies for a percentile.</summary>
    public const int Fewest = 20;

    private const int Most = 1000;

    private static readonly TimeSpan s_halfLife = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private readonly TimeHistogram _times = new();
    private TimeSpan _halvedAt;

    /// <summary>Adds a latency.</summary>
    public void Add(TimeSpan latency, TimeSpan now)
    {
        lock (_gate)
        {
            Fade(now);
            _times.Add(latency);
            if (_times.Count >= Most)
                _times.Halve();
        }
    }

    /// <summary>The latency that a share of the recent ones did not exceed; null if too few are known.</summary>
    /// <param name="share">The share, from 0 to 1: 0.95 for the 95th percentile.</param>
    /// <param name="now">The time.</param>
    public TimeSpan? Percentile(double share, TimeSpan now)
    {
        lock (_gate)
        {
            Fade(now);
            return _times.Count < Fewest ? null : _times.Percentile(share);
        }
    }

    private void Fade(TimeSpan now)
    {
        if (_times.Count == 0)
            _halvedAt = now;
        for (; _times.Count > 0 && now - _halvedAt >= s_halfLife; _halvedAt += s_halfLife)
            _times.Halve();
    }
}
