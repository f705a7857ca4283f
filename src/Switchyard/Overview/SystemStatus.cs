using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;

namespace Switchyard.Overview;

/// <summary>The state of an engine in one document: a copy of one moment, which holds no secret. Immutable.</summary>
/// <param name="Version">The version of Switchyard.</param>
/// <param name="StartedAt">When the engine was created.</param>
/// <param name="UptimeSeconds">The time since then.</param>
/// <param name="Generation">The number of the configuration in force.</param>
/// <param name="NotReady">Why no call can be served; null if calls can be served.</param>
/// <param name="CallsInFlight">The number of running calls.</param>
/// <param name="Cache">The content and the hits of the cache.</param>
/// <param name="RateLimits">The counters of the limits that are reached or used most, those first.</param>
/// <param name="Limits">The number of limits.</param>
/// <param name="Costs">The cost of today's calls, and the budgets.</param>
/// <param name="Metrics">The totals of the attempts of the last 24 hours, by provider.</param>
/// <param name="Config">The settings that decide how calls are answered.</param>
/// <param name="Providers">Every provider, including disabled ones, sorted by name.</param>
/// <param name="Recordings">The outcomes of recordings.</param>
public sealed record SystemStatus(
    string Version,
    DateTimeOffset StartedAt,
    double UptimeSeconds,
    long Generation,
    string? NotReady,
    int CallsInFlight,
    CacheOverview Cache,
    // The only name of this document that is not in snake case, for users of the reference system.
    [property: JsonPropertyName("rateLimits")] IReadOnlyList<LimitOverview> RateLimits,
    LimitTotals Limits,
    CostOverview Costs,
    IReadOnlyDictionary<string, MetricsOverview> Metrics,
    ConfigOverview Config,
    IReadOnlyList<ProviderOverview> Providers,
    RecordingOverview Recordings)
{
    /// <summary>The document as JSON.</summary>
    public JsonObject ToJson() => JsonSerializer.SerializeToNode(this, StatusJson.Default.SystemStatus)!.AsObject();

    /// <summary>The JSON Schema of the document.</summary>
    public static JsonNode DescribeJson() => StatusJson.Default.SystemStatus.GetJsonSchemaAsNode();
}

/// <summary>The content and the hits of the cache.</summary>
/// <param name="Enabled">Whether answers are cached.</param>
/// <param name="TotalEntries">The number of cached answers.</param>
/// <param name="TotalHits">The number of calls with a cached answer.</param>
/// <param name="TotalMisses">The number of calls without one.</param>
/// <param name="HitRate">The share of hits, from 0 to 1.</param>
/// <param name="MemorySizeBytes">The memory of the cached answers, in bytes.</param>
public sealed record CacheOverview(
    bool Enabled, int TotalEntries, long TotalHits, long TotalMisses, double HitRate, long MemorySizeBytes);

/// <summary>The number of limits, including those of keys and tenants.</summary>
/// <param name="Total">All limits.</param>
/// <param name="Blocked">The limits that would refuse a request now.</param>
public sealed record LimitTotals(int Total, int Blocked);

/// <summary>The counters of one limit.</summary>
/// <param name="Name">Its owner: a provider, <c>provider/model</c>, a key or a tenant.</param>
/// <param name="Scope">The kind of the owner.</param>
/// <param name="Requests">The requests of its window.</param>
/// <param name="MaxRequests">The maximum number of requests of its window; null if it has none.</param>
/// <param name="WindowSeconds">The window; null if it has no maximum of requests.</param>
/// <param name="Blocked">Whether the next request would be refused.</param>
/// <param name="RetryAfterSeconds">The time until it would not be refused; null if it is not.</param>
/// <param name="Running">The number of concurrent requests.</param>
/// <param name="Waiting">The number of waiting requests.</param>
public sealed record LimitOverview(
    string Name, string Scope, long Requests, long? MaxRequests, double? WindowSeconds, bool Blocked, double? RetryAfterSeconds,
    int Running, int Waiting);

/// <summary>The cost of calls, in US dollars.</summary>
/// <param name="Since">The start: the beginning of the day in UTC; null if the costs are unknown.</param>
/// <param name="TotalCost">The total cost; null if unknown.</param>
/// <param name="TotalRequests">The number of calls; null if unknown.</param>
/// <param name="TotalInputTokens">Their input tokens; null if unknown.</param>
/// <param name="TotalOutputTokens">Their output tokens; null if unknown.</param>
/// <param name="ByProvider">The cost by provider.</param>
/// <param name="Budgets">The most used budgets, those first.</param>
/// <param name="BudgetCount">The number of budgets used.</param>
/// <param name="Problem">Why the costs are unknown: there is no ledger, or it is unavailable. Null if they are known.</param>
public sealed record CostOverview(
    DateTimeOffset? Since,
    decimal? TotalCost,
    long? TotalRequests,
    long? TotalInputTokens,
    long? TotalOutputTokens,
    IReadOnlyDictionary<string, decimal> ByProvider,
    IReadOnlyList<BudgetOverview> Budgets,
    int BudgetCount,
    string? Problem)
{
    /// <summary>
    /// The number of ledger entries that are kept but in no sum, because the database refuses their content. The log names them.
    /// </summary>
    public long SetAside { get; init; }
}

/// <summary>The spending of a budget, in US dollars.</summary>
/// <param name="Id">Its account.</param>
/// <param name="Limit">The amount that it may spend.</param>
/// <param name="Spent">The amount spent.</param>
/// <param name="Reserved">The amount reserved for running calls.</param>
public sealed record BudgetOverview(string Id, decimal Limit, decimal Spent, decimal Reserved);

/// <summary>The totals of the attempts at a provider.</summary>
/// <param name="TotalRequests">The number of ended attempts.</param>
/// <param name="SuccessfulRequests">The number that succeeded.</param>
/// <param name="FailedRequests">The number that failed.</param>
/// <param name="SuccessRate">The share that succeeded, from 0 to 1.</param>
/// <param name="AverageResponseMs">Their mean response time.</param>
/// <param name="P95ResponseMs">The response time that 95 % did not exceed.</param>
/// <param name="LastRequestTime">When the last one ended.</param>
/// <param name="TokensPerSecond">The output tokens per second after the first token; null without a stream whose provider counts
/// tokens.</param>
public sealed record MetricsOverview(
    long TotalRequests,
    long SuccessfulRequests,
    long FailedRequests,
    double SuccessRate,
    double AverageResponseMs,
    double P95ResponseMs,
    DateTimeOffset? LastRequestTime,
    double? TokensPerSecond);

/// <summary>The settings that decide how calls are answered.</summary>
/// <param name="Strategy">How a target is chosen.</param>
/// <param name="DefaultProvider">The provider for unknown model names; null for none.</param>
/// <param name="Fallback">Whether another target is tried.</param>
/// <param name="MaxFallbacks">The maximum number of fallbacks.</param>
/// <param name="Attempts">The maximum number of attempts at one target.</param>
/// <param name="TimeoutSeconds">How long a call may take.</param>
/// <param name="Cache">Whether answers are cached.</param>
/// <param name="Aliases">The number of aliases.</param>
/// <param name="Limits">The number of providers and models with limits.</param>
/// <param name="Budgets">The number of budgets, without those of keys and tenants.</param>
public sealed record ConfigOverview(
    string Strategy,
    string? DefaultProvider,
    bool Fallback,
    int MaxFallbacks,
    int Attempts,
    double TimeoutSeconds,
    bool Cache,
    int Aliases,
    int Limits,
    int Budgets);

/// <summary>A provider.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Enabled">Whether calls may go to it.</param>
/// <param name="Priority">Its rank: the higher one is asked first.</param>
/// <param name="Health">Its health as known now; null if it is disabled.</param>
public sealed record ProviderOverview(string Name, bool Enabled, int Priority, HealthOverview? Health);

/// <summary>The outcomes of recordings.</summary>
/// <param name="Enabled">Whether something is recorded.</param>
/// <param name="Written">The number of written recordings.</param>
/// <param name="Lost">The number of lost recordings, by reason.</param>
public sealed record RecordingOverview(bool Enabled, long Written, IReadOnlyDictionary<string, long> Lost);

/// <summary>The health of a provider.</summary>
/// <param name="Status"><c>healthy</c>, <c>degraded</c>, <c>unhealthy</c>, or <c>unknown</c> before the first call.</param>
/// <param name="Error">Why it is not healthy; null if there is no error.</param>
/// <param name="LastCheck">When the last call or check ended.</param>
/// <param name="ResponseTimeMs">The response time of that call or check.</param>
/// <param name="SuccessRate">The share of calls and checks that succeeded.</param>
/// <param name="ActiveConnections">The number of running attempts.</param>
public sealed record HealthOverview(
    string Status, string? Error, DateTimeOffset? LastCheck, double? ResponseTimeMs, double? SuccessRate, int ActiveConnections);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SystemStatus))]
internal sealed partial class StatusJson : JsonSerializerContext;
