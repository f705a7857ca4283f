using System.Collections.Concurrent;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Telemetry;

/// <summary>
/// Every series of this process, kept until it ends: readers take a counter that starts again for a restart. Values chosen by clients
/// (model names, tenants) and providers (error codes) are bounded, and so are the keys: the first ones are kept, any other becomes
/// <c>other</c>. Thread-safe.
/// </summary>
internal sealed class SeriesStore
{
    /// <summary>The maximum number of unconfigured model names, and of tenants, with their own series.</summary>
    internal const int MostNames = 100;

    /// <summary>The maximum number of client keys with their own series. A store of keys holds a hundred times as many.</summary>
    internal const int MostKeys = 1000;

    /// <summary>The label value for all further values.</summary>
    internal const string Other = "other";

    private static readonly double[] s_overheads =
        [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 10, 60];

    private readonly ConcurrentDictionary<(string Provider, string Model, CallOperation Operation, string Tenant), TargetSeries>
        _targets = new();
    private readonly ConcurrentDictionary<(CallOperation Operation, string Key, string Tenant), CallSeries> _calls = new();
    private readonly ConcurrentDictionary<CallOperation, Distribution> _overheads = new();
    private readonly ConcurrentDictionary<(string Provider, string Model, int Credential), WeakReference<DeploymentState>> _states = new();
    private readonly CounterTable<(string From, string To)> _fallbacks = new(static key =>
        new LabelValues().With(Label.From, key.From).With(Label.To, key.To));
    private readonly CounterTable<(string Provider, string Reason, string Tenant)> _rotations = new(static key =>
        new LabelValues().With(Label.Provider, key.Provider).With(Label.Reason, key.Reason).With(Label.Tenant, key.Tenant));
    private readonly CounterTable<(string Provider, string Action, string Decision)> _egress = new(static key =>
        new LabelValues().With(Label.Provider, key.Provider).With(Label.Action, key.Action).With(Label.Decision, key.Decision));
    private readonly CounterTable<(string Plugin, string Reason)> _plugins = new(static key =>
        new LabelValues().With(Label.Plugin, key.Plugin).With(Label.Reason, key.Reason));
    private readonly CounterTable<(string Guard, string Action)> _guards = new(static key =>
        new LabelValues().With(Label.Guard, key.Guard).With(Label.Action, key.Action));
    private readonly CounterTable<(CallOperation Operation, string Result)> _lookups = new(static key =>
        new LabelValues().With(Label.Operation, OperationNames.Label(key.Operation)).With(Label.Status, key.Result));
    private readonly BoundedNames _models = new("model", MostNames);
    private readonly BoundedNames _tenants = new("tenant", MostNames);
    private readonly BoundedNames _errors = new("error_type", MostNames);
    private readonly BoundedNames _keys = new("key", MostKeys);

    /// <summary>The clock of circuits.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Returns the health of each provider.</summary>
    public Func<IEnumerable<(string Provider, HealthState State)>> Health { get; init; } = static () => [];

    /// <summary>Returns whether this node counts limits alone although it shares a store; null if no store is shared.</summary>
    public Func<bool?> LimitsAlone { get; init; } = static () => null;

    /// <summary>Returns whether the ledger cannot be written; null if there is none.</summary>
    public Func<bool?> LedgerUnavailable { get; set; } = static () => null;

    /// <summary>The series of a deployment for a tenant.</summary>
    /// <param name="settings">The configuration of the call, which lists the configured models.</param>
    /// <param name="deployment">The deployment.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="tenant">The tenant that the call names; null for none.</param>
    public TargetSeries Target(TelemetrySettings settings, Deployment deployment, CallOperation operation, string? tenant)
    {
        var model = deployment.Model.Length == 0 ? "unknown"
            : settings.Knows(deployment.Provider, deployment.Model) ? deployment.Model
            : _models.Bound(deployment.Model);
        if (deployment.Policy.Circuit is not null)
            Note((deployment.Provider, model, deployment.Credential), deployment.State);
        var key = (deployment.Provider, model, operation, TenantOf(settings, tenant));
        return _targets.GetOrAdd(key, static key => new TargetSeries(key.Provider, key.Model, key.Operation, key.Tenant));
    }

    public CallSeries Calls(TelemetrySettings settings, CallOperation operation, Caller caller, string? tenant) => _calls.GetOrAdd(
        (operation, _keys.Bound(caller.Id), TenantOf(settings, tenant)), static key => new CallSeries(key.Operation, key.Key, key.Tenant));

    public Distribution Overhead(CallOperation operation) => _overheads.GetOrAdd(operation, static _ => new Distribution(s_overheads));

    public void CountFallback(string from, string to) => _fallbacks.Count((from, to));

    /// <summary>Counts a call that looked up a cache.</summary>
    /// <param name="operation">Its operation.</param>
    /// <param name="result">The result, one of a few words.</param>
    public void CountLookup(CallOperation operation, string result) => _lookups.Count((operation, result));

    public void CountRotation(string provider, string reason, string tenant) => _rotations.Count((provider, reason, tenant));

    public void CountEgress(string provider, string action, string decision) => _egress.Count((provider, action, decision));

    public void CountPlugin(string plugin, string reason) => _plugins.Count((plugin, reason));

    public void CountGuard(string guard, string action) => _guards.Count((guard, action));

    /// <summary>Counts an error; returns its code as a label, which is bounded.</summary>
    public string CountError(TargetSeries series, CallError error)
    {
        var code = _errors.Bound(CodeOf(error));
        series.Errors.GetOrAdd((code, error.AttemptStatus), static _ => new Counter()).Add();
        return code;
    }

    /// <summary>The code of an error. Every error has one; a provider's may be any text.</summary>
    public static string CodeOf(CallError error) => ModelNames.Shown(error.WireCode);

    /// <summary>The current values of a measure.</summary>
    public IEnumerable<Observation> Read(Measure measure) => measure switch
    {
        Measure.Requests => OfTargets(static series => series.Requests),
        Measure.Active => _targets.Values.Select(static series => new Observation(series.Labels, series.Active.Value)),
        Measure.RoutingDecisions => OfTargets(static series => series.Decisions),
        Measure.InputTokens => OfTargets(static series => series.InputTokens),
        Measure.OutputTokens => OfTargets(static series => series.OutputTokens),
        Measure.CacheReadTokens => OfTargets(static series => series.CacheReadTokens),
        Measure.CacheWriteTokens => OfTargets(static series => series.CacheWriteTokens),
        Measure.ReasoningTokens => OfTargets(static series => series.ReasoningTokens),
        Measure.UncountedAnswers => OfTargets(static series => series.UncountedAnswers),
        Measure.Tokens =>
        [
            .. Tokens("prompt", static series => series.InputTokens),
            .. Tokens("completion", static series => series.OutputTokens),
            .. Tokens("total", static series => series.TotalTokens),
        ],
        Measure.Attempts =>
            from series in _targets.Values
            from status in Enum.GetValues<EndStatus>()
            where series.Attempts(status).Value > 0
            select new Observation(series.Labels.With(Label.Status, TargetSeries.Name(status)), series.Attempts(status).Value),
        Measure.Duration => Durations(),
        Measure.Ended => Durations().Select(static ended => new Observation(ended.Labels, ended.Times!.Buckets().Sum())),
        Measure.Errors =>
            from series in _targets.Values
            from error in series.Errors
            select new Observation(
                series.Labels.With(Label.ErrorType, error.Key.Type).With(Label.StatusCode, $"{error.Key.Status}"), error.Value.Value),
        Measure.FirstToken =>
            from series in _targets.Values
            where series.FirstToken.Buckets().Sum() > 0
            select new Observation(series.Labels, series.FirstToken),
        Measure.Calls =>
            from series in _calls.Values
            from status in (EndStatus[])[EndStatus.Success, EndStatus.Error, EndStatus.Canceled]
            where series.Ended(status).Value > 0
            select new Observation(series.Labels.With(Label.Status, TargetSeries.Name(status)), series.Ended(status).Value),
        Measure.Overhead => _overheads.Select(static pair =>
            new Observation(new LabelValues().With(Label.Operation, OperationNames.Label(pair.Key)), pair.Value)),
        Measure.CacheLookups => _lookups.Read(),
        Measure.Fallbacks => _fallbacks.Read(),
        Measure.Rotations => _rotations.Read(),
        Measure.EgressDecisions => _egress.Read(),
        Measure.PluginFailures => _plugins.Read(),
        Measure.GuardMatches => _guards.Read(),
        Measure.ProviderHealth => Health().Select(static health =>
            new Observation(new LabelValues().With(Label.Provider, health.Provider), FigureOf(health.State))),
        Measure.LimitsAlone => LimitsAlone() is { } alone ? [new Observation(new LabelValues(), alone ? 1 : 0)] : [],
        Measure.LedgerUnavailable => LedgerUnavailable() is { } away ? [new Observation(new LabelValues(), away ? 1 : 0)] : [],
        Measure.CircuitState => Circuits(),
        Measure.LabelOverflow => ((BoundedNames[])[_models, _tenants, _errors, _keys]).Where(static names => names.Overflows > 0)
            .Select(static names => new Observation(new LabelValues().With(Label.Name, names.Label), names.Overflows)),
        _ => throw new ArgumentOutOfRangeException(nameof(measure), measure, "Not a measure."),
    };

    /// <summary>
    /// Registers a deployment whose circuit is reported. Nearly always it is known: a call that names a tenant does this for each attempt.
    /// </summary>
    private void Note((string Provider, string Model, int Credential) key, DeploymentState state)
    {
        if (!_states.TryGetValue(key, out var held) || !held.TryGetTarget(out var known) || known != state)
            _states[key] = new(state);
    }

    private static double FigureOf(HealthState state) => state switch
    {
        HealthState.Healthy => 1,
        HealthState.Unhealthy => 0,
        _ => 0.5,
    };

    private string TenantOf(TelemetrySettings settings, string? tenant) =>
        tenant is null ? settings.DefaultTenant : _tenants.Bound(tenant);

    private IEnumerable<Observation> OfTargets(Func<TargetSeries, Counter> counter) =>
        _targets.Values.Where(series => counter(series).Value > 0)
            .Select(series => new Observation(series.Labels, counter(series).Value));

    private IEnumerable<Observation> Tokens(string type, Func<TargetSeries, Counter> counter) => OfTargets(counter)
        .Select(observation => observation with { Labels = observation.Labels.With(Label.TokenType, type) });

    private IEnumerable<Observation> Circuits()
    {
        var now = Time.GetElapsedTime(0);
        foreach (var (key, held) in _states)
        {
            if (held.TryGetTarget(out var state))
            {
                var labels = new LabelValues().With(Label.Provider, key.Provider).With(Label.Model, key.Model)
                    .With(Label.Credential, $"{key.Credential}");
                yield return new Observation(labels, (int)state.Circuit.StateAt(now));
            }
        }
    }

    private IEnumerable<Observation> Durations() =>
        from series in _targets.Values
        from status in (EndStatus[])[EndStatus.Success, EndStatus.Error, EndStatus.Canceled]
        where series.Duration(status).Buckets().Sum() > 0
        select new Observation(series.Labels.With(Label.Status, TargetSeries.Name(status)), series.Duration(status));
}

/// <summary>A value of a measure.</summary>
/// <param name="Labels">Its labels.</param>
/// <param name="Value">The value of a counter or gauge.</param>
/// <param name="Times">The value of a histogram; null otherwise.</param>
internal readonly record struct Observation(LabelValues Labels, double Value, Distribution? Times)
{
    public Observation(LabelValues labels, double value)
        : this(labels, value, null)
    {
    }

    public Observation(LabelValues labels, Distribution times)
        : this(labels, 0, times)
    {
    }
}
