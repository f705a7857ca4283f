using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Common;

namespace Switchyard.Targets;

/// <summary>
/// What calls and checks have shown of a provider's health: the first failure degrades it, the third in a row makes it unhealthy, and a
/// success makes it healthy again. One object for each loaded provider; one that a reload replaces begins anew.
/// </summary>
/// <remarks>
/// Lock-free and thread-safe: each figure is exact, but two of them read in a row need not belong to the same moment. Counting allocates
/// nothing.
/// </remarks>
public sealed partial class ProviderHealth
{
    /// <summary>The number of failures in a row that make a provider unhealthy.</summary>
    public const int FailuresToUnhealthy = 3;

    /// <summary>How long an unhealthy provider without news is put behind others; then it gets calls again.</summary>
    /// <remarks>So a provider comes back by itself also where no monitor runs. As long as a circuit is open.</remarks>
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
    /// Whether routing should put the provider behind healthy ones: it is unhealthy, and failed within the last minute. Without news for
    /// longer it is worth a try again.
    /// </summary>
    public bool IsUnhealthy =>
        // The clock is read for what has failed only.
        Volatile.Read(ref _failuresInARow) >= FailuresToUnhealthy
        && Volatile.Read(ref _failedAt) is not Never and var failedAt && _time.GetElapsedTime(failedAt) < Rest;

    /// <summary>Whether the last call or check worked; null before the first.</summary>
    public bool? IsHealthy => LastCheck is null ? null : ConsecutiveFailures == 0;

    /// <summary>When the last call or check ended; null before the first.</summary>
    public DateTimeOffset? LastCheck => TimeOf(ref _lastNews);

    /// <summary>The number of failures since the last success.</summary>
    public int ConsecutiveFailures => Volatile.Read(ref _failuresInARow);

    /// <summary>
    /// The number of calls and checks that tell of the provider's health. A call that the provider refused for the client's fault, or that
    /// the client left, tells nothing.
    /// </summary>
    public long TotalRequests => Volatile.Read(ref _requests);

    /// <summary>The number of <see cref="TotalRequests"/> that failed.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>The share of <see cref="TotalRequests"/> that worked, from 0 to 1; null before the first.</summary>
    public double? SuccessRate => 1 - ErrorRate;

    /// <summary>The share of <see cref="TotalRequests"/> that failed, from 0 to 1; null before the first.</summary>
    public double? ErrorRate => TotalRequests is > 0 and var total ? Math.Min(1, (double)Failures / total) : null;

    /// <summary>How long the last call took until its answer was open, or the last check; null before the first.</summary>
    public TimeSpan? ResponseTime => Volatile.Read(ref _responseTime) is >= 0 and var ticks ? new TimeSpan(ticks) : null;

    /// <summary>Why the last failure was one, without secrets; null while there is none since the last success.</summary>
    public string? LastError => _lastError is { } error && ConsecutiveFailures > 0 ? _secrets.Redact(error) : null;

    /// <summary>The last checks, oldest first: at most 100. Calls are not among them.</summary>
    public IReadOnlyList<HealthResult> History
    {
        get
        {
            lock (_checksGate)
                return [.. _checks];
        }
    }

    /// <summary>Why the last check failed; null when it passed, or there was none.</summary>
    internal string? LastCheckError
    {
        get
        {
            lock (_checksGate)
                return _lastCheck?.Error;
        }
    }

    /// <summary>When the last call ended that told something; null before the first.</summary>
    internal DateTimeOffset? LastCall => TimeOf(ref _lastCall);

    /// <summary>Whether any call has worked.</summary>
    internal bool HasServed => Volatile.Read(ref _hasServed);

    /// <summary>Counts a call.</summary>
    /// <param name="succeeded">Whether the provider answered it to its end.</param>
    /// <param name="responseTime">The time until its answer was open, or had failed.</param>
    /// <param name="error">Why it failed; null when it did not.</param>
    internal void CountCall(bool succeeded, TimeSpan responseTime, string? error)
    {
        var now = _time.GetUtcNow().UtcTicks;
        Volatile.Write(ref _lastCall, now);
        if (succeeded && !HasServed)
            Volatile.Write(ref _hasServed, true);
        Count(succeeded, responseTime, error, now);
    }

    /// <summary>
    /// Counts a check, and keeps it. A refusal counts only until a call has worked, because some keys may call and not list models; and it
    /// never makes routing avoid the provider.
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
        // Each count is seen once, so that of several failures at the same time one tells of the change.
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
