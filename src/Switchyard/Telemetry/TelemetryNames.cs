using static Switchyard.Telemetry.Label;

namespace Switchyard.Telemetry;

/// <summary>The only table of metric names: each row gives the name and labels of a measure in one set of names.</summary>
internal static class TelemetryNames
{
    /// <summary>The name of the meter and of the source of spans.</summary>
    public const string Source = "Switchyard";

    /// <summary>Always served as Prometheus text: metrics without a name in another set.</summary>
    public static readonly MetricName[] Own =
    [
        new(Measure.Calls, "switchyard_calls_total", MetricKind.Counter, "Ended calls, by outcome, client key and tenant.")
        {
            Labels = [(Operation, "operation"), (Status, "outcome"), (Key, "key"), (Tenant, "tenant")],
        },
        new(Measure.Overhead, "switchyard_overhead_seconds", MetricKind.Histogram,
            "The time of a call in the gateway itself until its answer began, waits between attempts included.")
        {
            Labels = [(Operation, "operation")],
        },
        new(Measure.CacheLookups, "switchyard_cache_lookups_total", MetricKind.Counter,
            "Cache lookups of calls, by result: hit, miss, shared, replay, refresh.")
        {
            Labels = [(Operation, "operation"), (Status, "result")],
        },
        new(Measure.UncountedAnswers, "switchyard_uncounted_answers_total", MetricKind.Counter,
            "Complete answers whose provider reported no tokens, which the ledger therefore estimates.")
        {
            Labels = Target(),
        },
        new(Measure.Fallbacks, "switchyard_fallbacks_total", MetricKind.Counter, "Calls that fell back from one target to another.")
        {
            Labels = [(From, "from"), (To, "to")],
        },
        new(Measure.ProviderHealth, "switchyard_provider_health", MetricKind.Gauge,
            "A provider's health by its last calls and checks: 1 healthy, 0.5 degraded or unknown, 0 unhealthy.")
        {
            Labels = [(Provider, "provider")],
        },
        new(Measure.LimitsAlone, "switchyard_limits_alone", MetricKind.Gauge,
            "1 while this gateway counts its limits alone because the shared Redis is unavailable, else 0.")
        {
            Labels = [],
        },
        new(Measure.LedgerUnavailable, "switchyard_ledger_unavailable", MetricKind.Gauge,
            "1 while the ledger, or the database that it is copied to, cannot be written, else 0.")
        {
            Labels = [],
        },
        new(Measure.CircuitState, "switchyard_circuit_state", MetricKind.Gauge, "A target's circuit: 0 closed, 1 half-open, 2 open.")
        {
            Labels = Circuit(),
        },
        new(Measure.EgressDecisions, "switchyard_egress_decisions_total", MetricKind.Counter,
            "What the network policy (egress) decided before something was sent.")
        {
            Labels = [(Provider, "provider"), (Label.Action, "action"), (Decision, "decision")],
        },
        new(Measure.PluginFailures, "switchyard_plugin_failures_total", MetricKind.Counter,
            "Runs of a plugin that failed: error, timeout.")
        {
            Labels = [(Label.Plugin, "plugin"), (Reason, "reason")],
        },
        new(Measure.GuardMatches, "switchyard_guard_matches_total", MetricKind.Counter,
            "Calls in which a guard matched, by what it did: masked, blocked, reported, failed.")
        {
            Labels = [(Label.Guard, "guard"), (Label.Action, "action")],
        },
        new(Measure.LabelOverflow, "switchyard_label_overflow_total", MetricKind.Counter,
            "Values of a label that became 'other' because there are too many.")
        {
            Labels = [(Name, "label")],
        },
    ];

    /// <summary>The set <c>provider</c>: the names of the reference systems.</summary>
    public static readonly MetricName[] ProviderSet =
    [
        new(Measure.Requests, "provider_requests_total", MetricKind.Counter, "Calls that reached a target, each once.")
        {
            Labels = Target(),
        },
        new(Measure.Active, "provider_active_requests", MetricKind.Gauge, "Running attempts.") { Labels = Target() },
        new(Measure.Duration, "provider_request_duration_seconds", MetricKind.Histogram,
            "The time of a call at one target, its retries there included.")
        {
            Labels = [.. Target(), (Status, "status")],
        },
        new(Measure.Errors, "provider_errors_total", MetricKind.Counter, "Calls that failed at a target.")
        {
            Labels = [.. Target(), (ErrorType, "error_type"), (StatusCode, "status_code")],
        },
        new(Measure.Attempts, "provider_attempts_total", MetricKind.Counter, "Tries, retries included.")
        {
            Labels = [.. Target(), (Status, "outcome")],
        },
        new(Measure.FirstToken, "provider_time_to_first_token_seconds", MetricKind.Histogram,
            "The time from sending a streamed request to its first content.")
        {
            Labels = Target(),
        },
        new(Measure.Tokens, "provider_token_usage_total", MetricKind.Counter, "Tokens as providers report them.")
        {
            Labels = [(Provider, "provider"), (Model, "model"), (TokenType, "type"), (Tenant, "tenant")],
        },
        new(Measure.Rotations, "provider_client_rotations_total", MetricKind.Counter, "Exchanges of a provider's credential.")
        {
            Labels = [(Provider, "provider"), (Reason, "reason"), (Tenant, "tenant")],
        },
    ];

    /// <summary>The set <c>compute</c>: the later names of one of the reference systems.</summary>
    public static readonly MetricName[] ComputeSet =
    [
        new(Measure.Ended, "compute_requests_total", MetricKind.Counter, "Requests that ended.")
        {
            Labels = [(Provider, "provider"), (Operation, "request_type"), (Status, "status")],
        },
        new(Measure.Duration, "compute_request_duration_seconds", MetricKind.Histogram, "The time of a request.")
        {
            Labels = [(Provider, "provider"), (Operation, "request_type")],
        },
        new(Measure.Errors, "compute_request_errors_total", MetricKind.Counter, "Requests that failed.")
        {
            Labels = [(Provider, "provider"), (Operation, "request_type"), (ErrorType, "error_type")],
        },
        new(Measure.ProviderHealth, "compute_provider_health", MetricKind.Gauge, "1 healthy, 0.5 degraded or unknown, 0 unhealthy.")
        {
            Labels = [(Provider, "provider")],
        },
        new(Measure.CircuitState, "compute_circuit_breaker_state", MetricKind.Gauge, "0 closed, 1 half-open, 2 open.")
        {
            Labels = Circuit(),
        },
        new(Measure.RoutingDecisions, "compute_routing_decisions_total", MetricKind.Counter, "Calls sent to a target first.")
        {
            Labels = [(Provider, "provider"), (Model, "model")],
        },
        new(Measure.Fallbacks, "compute_fallback_events_total", MetricKind.Counter, "Calls that fell back to another target.")
        {
            Labels = [(From, "from_provider"), (To, "to_provider")],
        },
    ];

    /// <summary>Instruments of the meter that have no name in the conventions.</summary>
    public static readonly MetricName[] OwnInstruments =
    [
        new(Measure.Requests, "switchyard.requests", MetricKind.Counter, "Calls that reached a target, each once.")
        {
            Unit = "{request}",
            Labels = [.. GenAI(), (Tenant, "switchyard.tenant")],
        },
        new(Measure.Active, "switchyard.requests.active", MetricKind.Gauge, "Running attempts.")
        {
            Unit = "{attempt}",
            Labels = [.. GenAI(), (Tenant, "switchyard.tenant")],
        },
        new(Measure.Attempts, "switchyard.attempts", MetricKind.Counter, "Tries, retries included.")
        {
            Unit = "{attempt}",
            Labels = [.. GenAI(), (Status, "switchyard.outcome")],
        },
        new(Measure.Errors, "switchyard.errors", MetricKind.Counter, "Calls that failed at a target.")
        {
            Unit = "{request}",
            Labels = [.. GenAI(), (ErrorType, "error.type"), (StatusCode, "http.response.status_code")],
        },
        new(Measure.Calls, "switchyard.calls", MetricKind.Counter, "Ended calls.")
        {
            Unit = "{call}",
            Labels =
            [
                (Operation, "gen_ai.operation.name"), (Status, "switchyard.outcome"), (Key, "switchyard.key"),
                (Tenant, "switchyard.tenant"),
            ],
        },
        new(Measure.CacheLookups, "switchyard.cache.lookups", MetricKind.Counter, "Cache lookups of calls, by result.")
        {
            Unit = "{call}",
            Labels = [(Operation, "gen_ai.operation.name"), (Status, "switchyard.result")],
        },
        new(Measure.UncountedAnswers, "switchyard.uncounted_answers", MetricKind.Counter, "Complete answers without reported tokens.")
        {
            Unit = "{answer}",
            Labels = [.. GenAI(), (Tenant, "switchyard.tenant")],
        },
        new(Measure.Fallbacks, "switchyard.fallbacks", MetricKind.Counter, "Calls that fell back from one target to another.")
        {
            Unit = "{call}",
            Labels = [(From, "switchyard.from"), (To, "switchyard.to")],
        },
        new(Measure.Rotations, "switchyard.rotations", MetricKind.Counter, "Exchanges of a provider's credential.")
        {
            Unit = "{rotation}",
            Labels = [(Provider, "gen_ai.provider.name"), (Reason, "switchyard.reason")],
        },
        new(Measure.EgressDecisions, "switchyard.egress.decisions", MetricKind.Counter, "What the network policy decided.")
        {
            Unit = "{decision}",
            Labels = [(Provider, "gen_ai.provider.name"), (Label.Action, "switchyard.action"), (Decision, "switchyard.decision")],
        },
        new(Measure.PluginFailures, "switchyard.plugin.failures", MetricKind.Counter, "Runs of a plugin that failed.")
        {
            Unit = "{failure}",
            Labels = [(Label.Plugin, "switchyard.plugin"), (Reason, "switchyard.reason")],
        },
        new(Measure.GuardMatches, "switchyard.guard.matches", MetricKind.Counter, "Calls in which a guard matched, by what it did.")
        {
            Unit = "{call}",
            Labels = [(Label.Guard, "switchyard.guard"), (Label.Action, "switchyard.action")],
        },
        new(Measure.ProviderHealth, "switchyard.provider.health", MetricKind.Gauge, "1 healthy, 0.5 degraded or unknown, 0 unhealthy.")
        {
            Unit = "1",
            Labels = [(Provider, "gen_ai.provider.name")],
        },
        new(Measure.CircuitState, "switchyard.circuit.state", MetricKind.Gauge, "0 closed, 1 half-open, 2 open.")
        {
            Unit = "1",
            Labels = [(Provider, "gen_ai.provider.name"), (Model, "gen_ai.request.model"), (Credential, "switchyard.credential")],
        },
        new(Measure.Overhead, "switchyard.overhead", MetricKind.Histogram, "The gateway's own part of a call's time.")
        {
            Unit = "s",
            Labels = [(Operation, "gen_ai.operation.name")],
        },
    ];

    /// <summary>The conventions 1.41 of OpenTelemetry, as Microsoft.Extensions.AI uses them.</summary>
    public static readonly MetricName[] GenAI141 =
    [
        new(Measure.Duration, "gen_ai.client.operation.duration", MetricKind.Histogram, "The time of a request.")
        {
            Unit = "s",
            Labels = [.. GenAI(), (ErrorType, "error.type")],
        },
        new(Measure.FirstToken, "gen_ai.client.operation.time_to_first_chunk", MetricKind.Histogram, "The time to the first chunk.")
        {
            Unit = "s",
            Labels = GenAI(),
        },
        new(Measure.Tokens, "gen_ai.client.token.usage", MetricKind.Histogram, "Tokens of a request.")
        {
            Unit = "{token}",
            Labels = [.. GenAI(), (TokenType, "gen_ai.token.type")],
        },
    ];

    /// <summary>Their successor, which is still a draft.</summary>
    public static readonly MetricName[] GenAINext =
    [
        new(Measure.Duration, "gen_ai.client.inference.duration", MetricKind.Histogram, "The time of a request.")
        {
            Unit = "s",
            Labels = [.. GenAI(), (ErrorType, "error.type")],
        },
        new(Measure.FirstToken, "gen_ai.client.inference.time_to_first_chunk", MetricKind.Histogram, "The time to the first chunk.")
        {
            Unit = "s",
            Labels = GenAI(),
        },
        Tokens(Measure.InputTokens, "gen_ai.client.inference.usage.input_tokens"),
        Tokens(Measure.OutputTokens, "gen_ai.client.inference.usage.output_tokens"),
        Tokens(Measure.CacheReadTokens, "gen_ai.client.inference.usage.cache_read.input_tokens"),
        Tokens(Measure.CacheWriteTokens, "gen_ai.client.inference.usage.cache_write.input_tokens"),
        Tokens(Measure.ReasoningTokens, "gen_ai.client.inference.usage.reasoning.output_tokens"),
    ];

    /// <summary>Provider, model, operation and tenant.</summary>
    private static (Label, string)[] Target() =>
        [(Provider, "provider"), (Model, "model"), (Operation, "operation"), (Tenant, "tenant")];

    private static (Label, string)[] Circuit() => [(Provider, "provider"), (Model, "model"), (Credential, "credential")];

    private static (Label, string)[] GenAI() =>
        [(Operation, "gen_ai.operation.name"), (Provider, "gen_ai.provider.name"), (Model, "gen_ai.request.model")];

    /// <summary>The names of the Prometheus text.</summary>
    /// <param name="sets">The configured sets (<c>telemetry.names</c>).</param>
    public static IEnumerable<MetricName> Prometheus(IReadOnlyCollection<string> sets) =>
    [
        .. sets.Contains("provider") ? ProviderSet : [],
        .. sets.Contains("compute") ? ComputeSet : [],
        .. Own,
    ];

    /// <summary>The names of the meter's instruments.</summary>
    /// <param name="conventions">The version of the conventions (<c>telemetry.semconv</c>).</param>
    public static IEnumerable<MetricName> Instruments(string conventions) =>
        [.. conventions == "next" ? GenAINext : GenAI141, .. OwnInstruments];

    private static MetricName Tokens(Measure measure, string name) =>
        new(measure, name, MetricKind.Counter, "Tokens as providers report them.") { Unit = "{token}", Labels = GenAI() };
}

/// <summary>A row of <see cref="TelemetryNames"/>.</summary>
/// <param name="Measure">The measure.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kind">The kind of its values.</param>
/// <param name="Help">A description in one sentence.</param>
internal sealed record MetricName(Measure Measure, string Name, MetricKind Kind, string Help)
{
    /// <summary>The unit, for instruments.</summary>
    public string? Unit { get; init; }

    /// <summary>Its labels and their names.</summary>
    public required (Label Label, string Name)[] Labels { get; init; }
}
