using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Common;

namespace Switchyard.Targets;

/// <summary>
/// A provider's health, from calls and checks: the first failure makes it degraded, the third in a row unhealthy, and a success healthy
/// again. One object for each loaded provider; a provider replaced by a reload gets a new one.
/// </summary>
/// <remarks>
/// Lock-free and thread-safe: each figure is exact, but two of them read in a row need not belong to the same moment. Counting allocates
/// nothing.
/// </remarks>
public sealed partial class ProviderHealth
{
    /// <summary>The number of failures in a row that make a provider unhealthy.</summary>
    public const int FailuresToUnhealthy = 3;

    /// <summary>How long an unhealthy provider without new results is ranked behind others; then it gets calls again.</summary>
    /// <remarks>A provider so recovers without a monitor. The same time as an open circuit.</remarks>
    internal static readonly TimeSpan Rest = TimeSpan.FromSeconds(60);

    private const int ChecksKept = 100;
    private const long Never = long.MinValue;

    private readonly TimeProvider _time;
    private readonly SecretRedactor _secrets;
    private readonly ILogger _logger;
    private readonly Lock _checksGate = new();
    private readonly Queue<HealthResult> _checks = new();
    private HealthResult? _lastCheck;
    private int _failuresInARow;
    private long _requests;
    private long _failures;
    private long _lastNews;
    private long _lastCall;
    private bool _hasServed;
    private long _responseTime = -1;
    private long _failedAt = Never;
    private volatile string? _lastError;

    internal ProviderHealth(string provider, TimeProvider? time = null, SecretRedactor? secrets = null, ILogger? logger = null)
    {
        Provider = provider;
        _time = time ?? TimeProvider.System;
        _secrets = secrets ?? new SecretRedactor();
        _logger = logger ?? NullLogger.Instance;
    }

    /// <summary>The provider's name.</summary>
    public string Provider { get; }

    /// <summary>The state.</summary>
    public HealthState State => LastCheck is null ? HealthState.Unknown : ConsecutiveFailures switch
    {
        0 => HealthState.Healthy,
        < FailuresToUnhealthy => HealthState.Degraded,
        _ => HealthState.Unhealthy,
    };

    /// <summary>
    /// Whether routing ranks the provider behind healthy ones: it is unhealthy, and failed within the last minute. Without results for
    /// longer it is tried again.
    /// </summary>
    public bool IsUnhealthy =>
        // The clock is read only after failures.
        Volatile.Read(ref _failuresInARow) >= FailuresToUnhealthy
        && Volatile.Read(ref _failedAt) is not Never and var failedAt && _time.GetElapsedTime(failedAt) < Rest;

    /// <summary>Whether the last call or check succeeded; null before the first.</summary>
    public bool? IsHealthy => LastCheck is null ? null : ConsecutiveFailures == 0;

    /// <summary>When the last call or check ended; null before the first.</summary>
    public DateTimeOffset? LastCheck => TimeOf(ref _lastNews);

    /// <summary>The number of failures since the last success.</summary>
    public int ConsecutiveFailures => Volatile.Read(ref _failuresInARow);

    /// <summary>
    /// The number of calls and checks that count for the provider's health. A call refused because of the client's request, or one that the
    /// client left, does not count.
    /// </summary>
    public long TotalRequests => Volatile.Read(ref _requests);

    /// <summary>The number of <see cref="TotalRequests"/> that failed.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>The share of <see cref="TotalRequests"/> that succeeded, from 0 to 1; null before the first.</summary>
    public double? SuccessRate => 1 - ErrorRate;

    /// <summary>The share of <see cref="TotalRequests"/> that failed, from 0 to 1; null before the first.</summary>
    public double? ErrorRate => TotalRequests is > 0 and var total ? Math.Min(1, (double)Failures / total) : null;

    /// <summary>How long the last call took until its answer was open, or the last check; null before the first.</summary>
    public TimeSpan? ResponseTime => Volatile.Read(ref _responseTime) is >= 0 and var ticks ? new TimeSpan(ticks) : null;

    /// <summary>The error of the last failure, without secrets; null if there is none since the last success.</summary>
    public string? LastError => _lastError is { } error && ConsecutiveFailures > 0 ? _secrets.Redact(error) : null;

    /// <summary>The last checks, oldest first: at most 100. Calls are not included.</summary>
    public IReadOnlyList<HealthResult> History
    {
        get
        {
            lock (_checksGate)
                return [.. _checks];
        }
    }

    /// <summary>The error of the last check; null if it passed, or if there was none.</summary>
    internal string? LastCheckError
    {
        get
        {
            lock (_checksGate)
                return _lastCheck?.Error;
        }
    }

    /// <summary>When the last call that counted ended; null before the first.</summary>
    internal DateTimeOffset? LastCall => TimeOf(ref _lastCall);

    /// <summary>Whether any call has succeeded.</summary>
    internal bool HasServed => Volatile.Read(ref _hasServed);

    /// <summary>Counts a call.</summary>
    /// <param name="succeeded">Whether the provider answered it to its end.</param>
    /// <param name="responseTime">The time until its answer was open, or had failed.</param>
    /// <param name="error">The error; null if it succeeded.</param>
    internal void CountCall(bool succeeded, TimeSpan responseTime, string? error)
    {
        var now = _time.GetUtcNow().UtcTicks;
        Volatile.Write(ref _lastCall, now);
        if (succeeded && !HasServed)
            Volatile.Write(ref _hasServed, true);
        Count(succeeded, responseTime, error, now);
    }

    /// <summary>
    /// Counts a check, and keeps it. A refusal counts only until a call has succeeded, because some keys may call but not list models; and
    /// it never makes routing avoid the provider.
    /// </summary>
    internal void CountCheck(HealthResult result)
    {
        lock (_checksGate)
        {
            if (_checks.Count == ChecksKept)
                _checks.Dequeue();
            _checks.Enqueue(_lastCheck = result);
        }

        if (!result.IsRefusal || !HasServed)
        {
            Count(
                result.Healthy, result.Latency ?? TimeSpan.Zero, result.Error, _time.GetUtcNow().UtcTicks, isOutage: !result.IsRefusal);
        }
    }

    private void Count(bool succeeded, TimeSpan responseTime, string? error, long now, bool isOutage = true)
    {
        Interlocked.Increment(ref _requests);
        Volatile.Write(ref _responseTime, responseTime.Ticks);
        if (succeeded)
        {
            Volatile.Write(ref _lastNews, now);
            // Nearly always 0; writing 0 again would invalidate the cache line of other cores.
            if (Volatile.Read(ref _failuresInARow) != 0 && Interlocked.Exchange(ref _failuresInARow, 0) >= FailuresToUnhealthy)
                LogRecovered(Provider);
            return;
        }

        Interlocked.Increment(ref _failures);
        _lastError = error ?? "unknown error";
        if (isOutage)
            Volatile.Write(ref _failedAt, _time.GetTimestamp());
        // Each value is seen by one caller, so that only one of several concurrent failures reports the change.
        var inARow = Interlocked.Increment(ref _failuresInARow);
        Volatile.Write(ref _lastNews, now);
        if (inARow == FailuresToUnhealthy)
            LogUnhealthy(Provider, LogText.Escape(_secrets.Redact(_lastError)));
    }

    private static DateTimeOffset? TimeOf(ref long ticks) =>
        Volatile.Read(ref ticks) is > 0 and var known ? new DateTimeOffset(known, TimeSpan.Zero) : null;

    [LoggerMessage(1, LogLevel.Error, "Provider {Provider} unhealthy: {Error}")]
    private partial void LogUnhealthy(string provider, string error);

    [LoggerMessage(2, LogLevel.Information, "Provider {Provider} is healthy again")]
    private partial void LogRecovered(string provider);
}
