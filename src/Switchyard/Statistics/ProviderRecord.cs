using Switchyard.Common;

namespace Switchyard.Statistics;

/// <summary>
/// The attempts at one provider, by the minute, for the last 24 hours: an hour is created at its first use and reused once it is old, so
/// that the memory is bounded by 25 hours of 5 KB. Thread-safe by a lock.
/// </summary>
internal sealed class ProviderRecord(string provider)
{
    /// <summary>How long counts are kept.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromHours(HoursKept);

    /// <summary>The maximum number of distinct error texts; further ones are counted as <see cref="OtherErrors"/>.</summary>
    public const int MaxErrors = 100;

    public const string OtherErrors = "Other errors";

    // One more than is kept: the oldest hour is partly within the last 24.
    private const int HoursKept = 24, HourCount = HoursKept + 1;
    private const int MinutesPerHour = 60;

    private readonly Lock _gate = new();
    private readonly Hour?[] _hours = new Hour?[HourCount];
    private readonly Dictionary<string, long> _errors = new(StringComparer.Ordinal);
    private long _lastSuccess;
    private long _lastFailure;

    public string Provider => provider;

    /// <summary>When the last attempt ended, in ticks; 0 before the first.</summary>
    public long LastRequest
    {
        get
        {
            lock (_gate)
                return Math.Max(_lastSuccess, _lastFailure);
        }
    }

    /// <param name="now">When the attempt ended.</param>
    /// <param name="responseTime">How long the provider took.</param>
    /// <param name="error">Why it failed; null when it succeeded.</param>
    /// <param name="written">What it wrote after its first token; the default if that is unknown.</param>
    public void Add(DateTimeOffset now, TimeSpan responseTime, string? error, Writing written = default)
    {
        var minute = now.UtcTicks / TimeSpan.TicksPerMinute;
        lock (_gate)
        {
            if (HourOf(minute / MinutesPerHour) is not { } hour)
                return;
            hour.Times.Add(responseTime);
            hour.Minutes[minute % MinutesPerHour].Add(responseTime, error is null, written);
            if (error is null)
            {
                _lastSuccess = now.UtcTicks;
                return;
            }

            _lastFailure = now.UtcTicks;
            if (!_errors.ContainsKey(error) && _errors.Count >= MaxErrors)
                error = OtherErrors;
            _errors[error] = _errors.GetValueOrDefault(error) + 1;
        }
    }

    /// <summary>The totals since a time, with a resolution of a minute.</summary>
    public ProviderMetrics Sum(DateTimeOffset since)
    {
        var from = since.UtcTicks / TimeSpan.TicksPerMinute;
        var sum = default(Minute);
        var times = new TimeHistogram();
        lock (_gate)
        {
            foreach (var hour in _hours)
            {
                if (hour is null || hour.Number < from / MinutesPerHour)
                    continue;
                for (var i = 0; i < MinutesPerHour; i++)
                {
                    if ((hour.Number * MinutesPerHour) + i >= from)
                        sum.Add(hour.Minutes[i]);
                }

                times.Add(hour.Times);
            }

            var (success, failure) = (Since(_lastSuccess, from), Since(_lastFailure, from));
            if (sum.Requests == 0)
                return new ProviderMetrics(provider);
            return new ProviderMetrics(provider)
            {
                TotalRequests = sum.Requests,
                SuccessfulRequests = sum.Successful,
                FailedRequests = sum.Requests - sum.Successful,
                TotalResponseTime = new TimeSpan(sum.Total),
                MinResponseTime = new TimeSpan(sum.Shortest),
                MaxResponseTime = new TimeSpan(sum.Longest),
                P50ResponseTime = Within(times.Percentile(0.5), sum),
                P95ResponseTime = Within(times.Percentile(0.95), sum),
                P99ResponseTime = Within(times.Percentile(0.99), sum),
                TokensPerSecond = sum.Written.PerSecond,
                LastRequestTime = success > failure || failure is null ? success : failure,
                LastSuccessTime = success,
                LastFailureTime = failure,
            };
        }
    }

    /// <summary>The minutes with attempts since a time, summed up by an interval of whole minutes, in order of time.</summary>
    public IReadOnlyList<TimelineBucket> Timeline(DateTimeOffset since, TimeSpan interval)
    {
        var from = since.UtcTicks / TimeSpan.TicksPerMinute;
        var buckets = new SortedDictionary<long, Minute>();
        lock (_gate)
        {
            foreach (var hour in _hours)
            {
                for (var i = 0; hour is not null && i < MinutesPerHour; i++)
                {
                    var minute = (hour.Number * MinutesPerHour) + i;
                    if (minute < from || hour.Minutes[i].Requests == 0)
                        continue;
                    var ticks = (minute * TimeSpan.TicksPerMinute) - DateTimeOffset.UnixEpoch.UtcTicks;
                    var start = (ticks / interval.Ticks * interval.Ticks) + DateTimeOffset.UnixEpoch.UtcTicks;
                    var sum = buckets.GetValueOrDefault(start);
                    sum.Add(hour.Minutes[i]);
                    buckets[start] = sum;
                }
            }
        }

        return
        [
            .. buckets.Select(bucket => new TimelineBucket
            {
                Timestamp = new DateTimeOffset(bucket.Key, TimeSpan.Zero),
                Requests = bucket.Value.Requests,
                Successful = bucket.Value.Successful,
                Failed = bucket.Value.Requests - bucket.Value.Successful,
                AverageResponseTime = new TimeSpan(bucket.Value.Total / bucket.Value.Requests),
                TokensPerSecond = bucket.Value.Written.PerSecond,
            }),
        ];
    }

    /// <summary>The number of occurrences of each error since the start.</summary>
    public IReadOnlyDictionary<string, long> Errors()
    {
        lock (_gate)
            return new Dictionary<string, long>(_errors, StringComparer.Ordinal);
    }

    /// <summary>Limits a percentile to the measured range: it is the middle of a step, which may be outside.</summary>
    private static TimeSpan Within(TimeSpan time, in Minute sum) => new(Math.Clamp(time.Ticks, sum.Shortest, sum.Longest));

    private static DateTimeOffset? Since(long ticks, long fromMinute) =>
        ticks > 0 && ticks / TimeSpan.TicksPerMinute >= fromMinute ? new DateTimeOffset(ticks, TimeSpan.Zero) : null;

    /// <summary>The slot of an hour; null if a later hour uses it, because the clock was set back.</summary>
    private Hour? HourOf(long number)
    {
        ref var hour = ref _hours[number % HourCount];
        hour ??= new Hour(number);
        if (hour.Number < number)
            hour.BeginAnew(number);
        return hour.Number == number ? hour : null;
    }

    private sealed class Hour(long number)
    {
        public long Number { get; private set; } = number;

        public Minute[] Minutes { get; } = new Minute[MinutesPerHour];

        public TimeHistogram Times { get; } = new();

        public void BeginAnew(long number)
        {
            Number = number;
            Array.Clear(Minutes);
            Times.Clear();
        }
    }

    private struct Minute
    {
        public long Requests { get; private set; }

        public long Successful { get; private set; }

        public long Total { get; private set; }

        public long Shortest { get; private set; }

        public long Longest { get; private set; }

        public Writing Written { get; private set; }

        public void Add(TimeSpan responseTime, bool succeeded, in Writing written) =>
            Add(1, succeeded ? 1 : 0, responseTime.Ticks, responseTime.Ticks, responseTime.Ticks, written);

        public void Add(in Minute other)
        {
            if (other.Requests > 0)
                Add(other.Requests, other.Successful, other.Total, other.Shortest, other.Longest, other.Written);
        }

        private void Add(long requests, long successful, long total, long shortest, long longest, in Writing written)
        {
            Written = new(Written.Tokens + written.Tokens, Written.Time + written.Time);
            Shortest = Requests == 0 ? shortest : Math.Min(Shortest, shortest);
            Longest = Math.Max(Longest, longest);
            Requests += requests;
            Successful += successful;
            Total += total;
        }
    }
}
