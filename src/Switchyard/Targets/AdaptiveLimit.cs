namespace Switchyard.Targets;

/// <summary>
/// The limit of concurrent attempts at a target, learnt from the latency of its first tokens: the gradient of a long and a short window, as
/// in Netflix's Gradient2, with two differences. The limit changes once a round (as many answers as may run at once), because an answer
/// reflects the limit that was in force when it began. And the long window holds only answers that began while at most half of the limit
/// ran: an average of all would rise with the queue that the limit itself causes, and the limit with it. If there are no such answers, a
/// quarter of the limit is in force for a moment. Thread-safe.
/// </summary>
internal sealed class AdaptiveLimit
{
    /// <summary>The maximum if the configuration sets none (<c>concurrency</c>).</summary>
    public const int DefaultMaximum = 200;

    private const double Initial = 20;
    private const double Smoothing = 0.2;
    private const double Tolerance = 1.5;
    private const double AfterRefusal = 0.9;
    private const int FewestInRound = 5;
    private const int MostInRest = 20;
    private const int RoundsBetweenRests = 30;

    private readonly Lock _gate = new();

    // The time of a whole answer is mostly that of its output, so it is not comparable with the time of a stream's first token.
    private readonly Latencies _streams = new();
    private readonly Latencies _wholeAnswers = new();
    private double _limit = Initial;
    private bool _rests;
    private int _untilNextFall;

    /// <summary>The current limit.</summary>
    /// <param name="maximum">The configured maximum.</param>
    public int Within(int maximum)
    {
        var limit = Math.Min(Volatile.Read(ref _limit), maximum);
        return (int)Math.Max(1, Volatile.Read(ref _rests) ? limit / 4 : limit);
    }

    /// <summary>Adds an answer.</summary>
    /// <param name="latency">The time to its first token, or to the whole answer if it is not streamed.</param>
    /// <param name="running">The number of attempts that ran when it began, including itself.</param>
    /// <param name="stream">Whether it is streamed.</param>
    /// <param name="maximum">The configured maximum.</param>
    public void Answered(TimeSpan latency, int running, bool stream, int maximum)
    {
        lock (_gate)
        {
            _limit = Math.Min(_limit, maximum);
            if (_untilNextFall > 0)
                _untilNextFall--;
            var latencies = stream ? _streams : _wholeAnswers;
            if (running <= Math.Max(1, _limit / (_rests ? 4 : 2)))
                AtEase(latencies, latency.TotalMilliseconds);
            else if (!_rests)
                Busy(latencies, latency.TotalMilliseconds, maximum);
        }
    }

    /// <summary>Records that the target refused an attempt because it is overloaded, or did not answer in time.</summary>
    public void Refused()
    {
        lock (_gate)
        {
            // Concurrent attempts are refused together and count as one refusal.
            if (_untilNextFall > 0)
                return;
            _untilNextFall = (int)_limit;
            _limit = Math.Max(1, _limit * AfterRefusal);
        }
    }

    private void AtEase(Latencies latencies, double milliseconds)
    {
        latencies.Calm.Add(milliseconds);
        if (latencies.Calm.Count < Math.Clamp(_limit / 2, FewestInRound, MostInRest))
            return;
        var mean = latencies.Calm.TakeMean();
        // A latency measured at the reduced limit replaces the long average; any other is averaged in.
        latencies.Long = latencies.Long is { } known && !_rests ? known + (Smoothing * (mean - known)) : mean;
        latencies.RoundsWithoutCalm = 0;
        _rests = false;
    }

    private void Busy(Latencies latencies, double milliseconds, int maximum)
    {
        latencies.Short.Add(milliseconds);
        if (latencies.Short.Count < Math.Max(FewestInRound, _limit))
            return;
        var recent = latencies.Short.TakeMean();
        if (latencies.Long is { } usual)
        {
            var gradient = Math.Clamp(Tolerance * usual / Math.Max(recent, 0.001), 0.5, 1);
            var next = (_limit * gradient) + Math.Sqrt(_limit);
            _limit = Math.Clamp(_limit + (Smoothing * (next - _limit)), 1, maximum);
        }

        _rests = latencies.Long is null || ++latencies.RoundsWithoutCalm >= RoundsBetweenRests;
    }

    /// <summary>The latencies of one kind of answers.</summary>
    private sealed class Latencies
    {
        public double? Long { get; set; }

        public int RoundsWithoutCalm { get; set; }

        public Mean Calm { get; } = new();

        public Mean Short { get; } = new();
    }

    private sealed class Mean
    {
        private double _sum;

        public int Count { get; private set; }

        public void Add(double value)
        {
            _sum += value;
            Count++;
        }

        public double TakeMean()
        {
            var mean = _sum / Count;
            (_sum, Count) = (0, 0);
            return mean;
        }
    }
}
