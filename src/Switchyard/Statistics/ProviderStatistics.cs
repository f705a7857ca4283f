using System.Collections.Concurrent;
using Switchyard.Calls;
using Switchyard.Pipeline;

namespace Switchyard.Statistics;

/// <summary>
/// Counts every attempt by its provider, for the last 24 hours: total, successes, response times, and the errors of the failures. In
/// memory, and bounded: about 140 KB for a provider that is busy all day. <c>statistics: false</c> switches it off.
/// </summary>
/// <remarks>
/// Thread-safe; an attempt takes the lock of its own provider and allocates nothing. The response time is the time until the answer was
/// open. An attempt that was not sent, or whose client disconnected, is not counted; of errors that may quote a request only the status
/// is kept.
/// </remarks>
public sealed class ProviderStatistics : IAttemptObserver
{
    /// <summary>The error text of a failed attempt without one.</summary>
    public const string UnknownError = "Unknown error";

    /// <summary>The maximum number of providers kept; beyond it the one idle longest is dropped.</summary>
    internal const int MaxProviders = 500;

    private const int LongestError = 200;

    private readonly ConcurrentDictionary<string, ProviderRecord> _providers = new(StringComparer.OrdinalIgnoreCase);
    private readonly TimeProvider _time;

    internal ProviderStatistics(TimeProvider time) => _time = time;

    /// <summary>The totals of the attempts at a provider.</summary>
    /// <param name="provider">The provider's name.</param>
    /// <param name="since">The start, to the minute; null is everything kept, the last 24 hours.</param>
    public ProviderMetrics GetMetrics(string provider, DateTimeOffset? since = null)
    {
        ArgumentNullException.ThrowIfNull(provider);
        return _providers.TryGetValue(provider, out var record) ? record.Sum(From(since)) : new ProviderMetrics(provider);
    }

    /// <summary>The totals of every provider with attempts, by name.</summary>
    /// <param name="since">The start, to the minute; null is everything kept.</param>
    public IReadOnlyDictionary<string, ProviderMetrics> GetAllMetrics(DateTimeOffset? since = null) =>
        new SortedDictionary<string, ProviderMetrics>(
            Counted(since).ToDictionary(metrics => metrics.Provider), StringComparer.OrdinalIgnoreCase);

    /// <summary>The providers with the highest success rate, best first; of equals the busier one.</summary>
    /// <param name="count">How many at most.</param>
    public IReadOnlyList<ProviderMetrics> GetTopProviders(int count = 5) =>
        [.. Counted().OrderByDescending(metrics => metrics.SuccessRate).ThenByDescending(metrics => metrics.TotalRequests).Take(count)];

    /// <summary>The providers with the shortest mean response time, fastest first.</summary>
    /// <param name="count">How many at most.</param>
    public IReadOnlyList<ProviderMetrics> GetFastestProviders(int count = 5) =>
        [.. Counted().OrderBy(metrics => metrics.AverageResponseTime).Take(count)];

    /// <summary>The providers with the longest mean response time, slowest first.</summary>
    /// <param name="count">How many at most.</param>
    public IReadOnlyList<ProviderMetrics> GetSlowestProviders(int count = 5) =>
        [.. Counted().OrderByDescending(metrics => metrics.AverageResponseTime).Take(count)];

    /// <summary>
    /// The errors of a provider by their text, with their share of its failures, since the process began; empty if nothing failed.
    /// At most 100 texts are distinguished.
    /// </summary>
    /// <param name="provider">The provider's name.</param>
    public IReadOnlyDictionary<string, ErrorShare> GetErrorBreakdown(string provider)
    {
        ArgumentNullException.ThrowIfNull(provider);
        if (!_providers.TryGetValue(provider, out var record))
            return new Dictionary<string, ErrorShare>();
        var errors = record.Errors();
        var total = errors.Values.Sum();
        return errors.ToDictionary(error => error.Key, error => new ErrorShare(error.Value, 100d * error.Value / total));
    }

    /// <summary>The attempts at a provider over the last 24 hours, in order, without intervals that had none.</summary>
    /// <param name="provider">The provider's name.</param>
    /// <param name="interval">The interval, in whole minutes; null is one minute.</param>
    /// <exception cref="ArgumentOutOfRangeException">The interval is not a number of whole minutes.</exception>
    public IReadOnlyList<TimelineBucket> GetTimeline(string provider, TimeSpan? interval = null)
    {
        ArgumentNullException.ThrowIfNull(provider);
        var length = interval ?? TimeSpan.FromMinutes(1);
        if (length <= TimeSpan.Zero || length.Ticks % TimeSpan.TicksPerMinute != 0)
            throw new ArgumentOutOfRangeException(nameof(interval), interval, "Attempts are counted by the minute: give whole minutes.");
        return _providers.TryGetValue(provider, out var record) ? record.Timeline(From(null), length) : [];
    }

    /// <summary>Deletes all counts.</summary>
    public void Reset() => _providers.Clear();

    /// <inheritdoc/>
    void IAttemptObserver.OnAttemptEnded(ModelCall call, Attempt attempt)
    {
        if (call.Snapshot.Section(StatisticsPlan.Section) is null)
            return;
        var succeeded = attempt.Outcome == AttemptOutcome.Finished;
        if (!succeeded && attempt.Outcome is not (AttemptOutcome.Failed or AttemptOutcome.BrokeOff))
            return;
        RecordOf(attempt.Deployment.Provider).Add(
            _time.GetUtcNow(), attempt.UpstreamTime, succeeded ? null : TextOf(attempt.Error, call),
            succeeded ? Writing.Of(call, attempt) : default);
    }

    /// <summary>The text under which an error is counted. A provider's message about a request may quote it.</summary>
    private static string TextOf(CallError? error, ModelCall call)
    {
        if (error is null || string.IsNullOrWhiteSpace(error.Message))
            return UnknownError;
        if (error is { Kind: CallErrorKind.UpstreamRejected or CallErrorKind.InvalidRequest, UpstreamStatus: { } status })
            return $"HTTP {status}";
        var text = call.Snapshot.Secrets.Redact(error.Message);
        return text.Length <= LongestError ? text : string.Concat(text.AsSpan(0, LongestError), "…");
    }

    private ProviderRecord RecordOf(string provider)
    {
        if (_providers.TryGetValue(provider, out var record))
            return record;
        // A host may register providers under an unlimited number of names.
        if (_providers.Count >= MaxProviders && _providers.Values.MinBy(known => known.LastRequest) is { } idle)
            _providers.TryRemove(idle.Provider, out _);
        return _providers.GetOrAdd(provider, static name => new ProviderRecord(name));
    }

    private IEnumerable<ProviderMetrics> Counted(DateTimeOffset? since = null) =>
        _providers.Values.Select(record => record.Sum(From(since))).Where(metrics => metrics.TotalRequests > 0);

    private DateTimeOffset From(DateTimeOffset? since)
    {
        var oldest = _time.GetUtcNow() - ProviderRecord.Kept;
        return since > oldest ? since.Value : oldest;
    }
}
