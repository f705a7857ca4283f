using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Pipeline;

namespace Switchyard.Telemetry;

/// <summary>
/// The engine's counts: requests, attempts, durations, errors, tokens. They are kept only for a host that serves them (<see cref="Keep"/>),
/// or for a listener of the meter <c>Switchyard</c>. Thread-safe.
/// </summary>
public sealed class EngineMetrics : IDisposable
{
    private readonly SeriesStore _store;
    private readonly MeterInstruments _instruments;
    private volatile bool _isKept;

    internal EngineMetrics(SeriesStore? store = null)
    {
        _store = store ?? new SeriesStore();
        _instruments = new MeterInstruments(_store);
    }

    /// <summary>Counts from now on, with or without a listener of the meter.</summary>
    public void Keep() => _isKept = true;

    /// <summary>The current metrics, by the configured names; null if metrics are switched off.</summary>
    public IReadOnlyList<MetricFamily>? Read(CallSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return snapshot.Section(TelemetrySettings.Section) is { } settings
            ? [.. TelemetryNames.Prometheus(settings.Names).Select(name => Aggregation.Read(_store, name))]
            : null;
    }

    /// <summary>Stops the meter.</summary>
    public void Dispose() => _instruments.Dispose();

    /// <summary>Publishes the instruments, by the names of a version of the conventions; later calls have no effect.</summary>
    internal void Publish(string conventions) => _instruments.Publish(conventions);

    /// <summary>Counts an attempt that is about to be sent.</summary>
    internal void Begin(ModelCall call, Attempt attempt)
    {
        if (SettingsOf(call) is not { } settings)
            return;
        var series = SeriesOf(settings, call, attempt);
        attempt.Measures = series;
        series.Active.Add();
        if (IsFirst(call, attempt))
            series.Requests.Add();
        if (call.AttemptCount == 1)
            series.Decisions.Add();
    }

    /// <summary>Counts an attempt that has ended. One whose begin was not counted is ignored, even if counting is on now.</summary>
    internal void End(ModelCall call, Attempt attempt)
    {
        if (attempt.Measures is not TargetSeries series)
        {
            // Refused before it was sent, for example by an open circuit: an attempt, but not a request.
            if (attempt.Outcome == AttemptOutcome.Refused && SettingsOf(call) is { } settings)
                SeriesOf(settings, call, attempt).Attempts(EndStatus.Refused).Add();
            return;
        }

        series.Active.Add(-1);
        series.Attempts(StatusOf(attempt)).Add();
        series.Add(attempt.Usage);
        if (IsUncounted(call, attempt))
            series.UncountedAnswers.Add();
        if (call.Envelope.Stream && attempt.IsOpen)
        {
            series.FirstToken.Record(attempt.UpstreamTime);
            _instruments.FirstToken(series, attempt.UpstreamTime);
        }

        _instruments.Tokens(series, attempt.Usage);
    }

    /// <summary>Counts a call that has ended, and its requests at each deployment.</summary>
    internal void End(ModelCall call, CallOutcome outcome)
    {
        if (SettingsOf(call) is not { } settings)
            return;
        var operation = call.Envelope.Operation;
        // A shadow call is not a client's call, and its wait for a thread is not overhead. Its target is counted like any other.
        var isClients = call.ShadowOf is null;
        if (isClients)
            _store.Calls(settings, operation, call.Caller, call.Tenant).Ended(outcome).Add();
        if (call.Cache is { } cache)
            _store.CountLookup(operation, cache.Word);
        if (call.AttemptCount > 1)
            EndAll(call, settings);
        else if (call.Attempt is { Measures: TargetSeries series } only)
            EndRequest(call, series, only, only);

        if (isClients && OpenedBy(call) is { } answered)
        {
            var open = answered.OpenTimestamp;
            var overhead = call.Time.GetElapsedTime(call.StartTimestamp, open) - call.UpstreamTimeUntil(open);
            _store.Overhead(operation).Record(overhead);
            _instruments.Overhead(operation, overhead);
        }
    }

    /// <summary>Counts the exchange of a provider's credential.</summary>
    /// <param name="settings">The configuration; null if metrics are off.</param>
    /// <param name="provider">The provider.</param>
    /// <param name="reason"><c>credential_change</c> by a reload, <c>error</c> in a call, <c>manual</c> by the host's code.</param>
    internal void Rotated(TelemetrySettings? settings, string provider, string reason)
    {
        if (settings is not null)
            _store.CountRotation(provider, reason, settings.DefaultTenant);
    }

    /// <summary>Counts a decision of the network policy.</summary>
    /// <param name="provider">The provider; empty if none.</param>
    /// <param name="action">The purpose of the request.</param>
    /// <param name="decision"><c>allowed</c>, <c>reported</c> or <c>blocked</c>.</param>
    internal void Decided(string provider, string action, string decision)
    {
        if (_isKept || _instruments.IsHeard)
            _store.CountEgress(provider, action, decision);
    }

    /// <summary>Counts a failed run of a plugin.</summary>
    /// <param name="plugin">The plugin's name and version.</param>
    /// <param name="reason"><c>error</c> or <c>timeout</c>.</param>
    internal void PluginFailed(string plugin, string reason)
    {
        if (_isKept || _instruments.IsHeard)
            _store.CountPlugin(plugin, reason);
    }

    /// <summary>Counts a call in which a guard matched, or failed.</summary>
    /// <param name="guard">The guard.</param>
    /// <param name="action"><c>masked</c>, <c>blocked</c>, <c>reported</c> or <c>failed</c>.</param>
    internal void GuardMatched(string guard, string action)
    {
        if (_isKept || _instruments.IsHeard)
            _store.CountGuard(guard, action);
    }

    /// <summary>The configuration of a call to be counted; null if it is not counted.</summary>
    private TelemetrySettings? SettingsOf(ModelCall call) =>
        _isKept || _instruments.IsHeard ? call.Snapshot.Section(TelemetrySettings.Section) : null;

    private void EndAll(ModelCall call, TelemetrySettings settings)
    {
        var attempts = call.Attempts;
        for (var i = 0; i < attempts.Count; i++)
        {
            if (attempts[i].Measures is TargetSeries series && FindBounds(attempts, i) is (var first, true))
                EndRequest(call, series, first, attempts[i]);
            if (i == 0 || RanBeside(attempts[i - 1], attempts[i]))
                continue;
            if (!IsSameTarget(attempts[i - 1], attempts[i]))
                _store.CountFallback(attempts[i - 1].Deployment.Provider, attempts[i].Deployment.Provider);
            else if (attempts[i - 1].Deployment.Credential != attempts[i].Deployment.Credential)
                Rotated(settings, attempts[i].Deployment.Provider, "error");
        }
    }

    private void EndRequest(ModelCall call, TargetSeries series, Attempt first, Attempt last)
    {
        var status = StatusOf(last);
        var code = status is EndStatus.Error or EndStatus.Refused && last.Error is { } error ? _store.CountError(series, error) : null;
        var time = call.Time.GetElapsedTime(first.StartTimestamp, last.EndTimestamp);
        series.Duration(status == EndStatus.Refused ? EndStatus.Error : status).Record(time);
        _instruments.Duration(series, time, code ?? (status == EndStatus.Canceled ? "canceled" : null));
    }

    private TargetSeries SeriesOf(TelemetrySettings settings, ModelCall call, Attempt attempt)
    {
        var operation = call.Envelope.Operation;
        if (call.Tenant is not null)
            return _store.Target(settings, attempt.Deployment, operation, call.Tenant);
        // A deployment belongs to one configuration, and so to one default tenant.
        var known = attempt.Deployment.Measures as TargetSeries;
        if (known?.Operation == operation)
            return known;
        var series = _store.Target(settings, attempt.Deployment, operation, null);
        attempt.Deployment.Measures = series;
        return series;
    }

    /// <summary>Whether a complete answer came without counts, so that its tokens can only be estimated.</summary>
    private static bool IsUncounted(ModelCall call, Attempt attempt) =>
        attempt is { Outcome: AttemptOutcome.Finished, IsOpen: true, UnfinishedAnswer: null }
        && call.Envelope.Operation switch
        {
            CallOperation.Chat or CallOperation.Completion => !attempt.CountsText,
            CallOperation.Embedding => attempt.Usage.Total is null || (attempt.Usage.Total == 0 && attempt.OutputCharacters > 0),
            _ => false,
        };

    private static bool IsFirst(ModelCall call, Attempt attempt)
    {
        if (call.AttemptCount == 1)
            return true;
        foreach (var earlier in call.Attempts)
        {
            if (ReferenceEquals(earlier, attempt))
                return true;
            if (ReferenceEquals(earlier.Deployment, attempt.Deployment))
                return false;
        }

        return true;
    }

    /// <summary>The first attempt at the deployment of an attempt, and whether that attempt is the last there.</summary>
    private static (Attempt First, bool IsLast) FindBounds(IReadOnlyList<Attempt> attempts, int at)
    {
        var first = attempts[at];
        for (var i = attempts.Count - 1; i >= 0; i--)
        {
            if (!ReferenceEquals(attempts[i].Deployment, attempts[at].Deployment))
                continue;
            if (i > at)
                return (first, false);
            first = attempts[i];
        }

        return (first, true);
    }

    /// <summary>
    /// The attempt that opened the client's answer; null if none did. Attempts that continued it after a break came later.
    /// </summary>
    private static Attempt? OpenedBy(ModelCall call)
    {
        if (call.Attempt is not { IsContinuation: true })
            return call.Attempt is { IsOpen: true } only ? only : null;
        for (var i = call.Attempts.Count - 1; i >= 0; i--)
        {
            if (call.Attempts[i] is { IsContinuation: false, IsOpen: true } first)
                return first;
        }

        return null;
    }

    /// <summary>
    /// Whether an attempt ran concurrently with the one before it (<c>hedge</c>); the one that answered comes last. An attempt that
    /// continues an answer begins while the broken one is being released.
    /// </summary>
    private static bool RanBeside(Attempt before, Attempt after) =>
        !after.IsContinuation && after.StartTimestamp < before.EndTimestamp;

    private static bool IsSameTarget(Attempt left, Attempt right) =>
        left.Deployment.Provider == right.Deployment.Provider && left.Deployment.Model == right.Deployment.Model;

    private static EndStatus StatusOf(Attempt attempt) => attempt.Outcome switch
    {
        AttemptOutcome.Finished => EndStatus.Success,
        AttemptOutcome.Abandoned => EndStatus.Canceled,
        AttemptOutcome.Refused => EndStatus.Refused,
        _ => EndStatus.Error,
    };
}
