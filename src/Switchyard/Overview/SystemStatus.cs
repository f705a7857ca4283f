using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;

namespace Switchyard.Overview;

/// <summary>The state of an engine in one document: a copy of one moment, which holds no secret. Immutable.</summary>
/// <param name="Version">The version of Switchyard.</param>
/// <param name="StartedAt">When the engine was made.</param>
/// <param name="UptimeSeconds">How long that is ago.</param>
/// <param name="Generation">The number of the configuration in force.</param>
/// <param name="NotReady">Why no call can be served; null when calls can be.</param>
/// <param name="CallsInFlight">How many calls run.</param>
/// <param name="Cache">What the cache holds and was good for.</param>
/// <param name="RateLimits">What is counted of the limits that are reached or used most, those first.</param>
/// <param name="Limits">How many limits there are.</param>
/// <param name="Costs">What today's calls cost, and what budgets have left.</param>
/// <param name="Metrics">What the attempts of the last 24 hours came to, by provider.</param>
/// <param name="Config">What decides how calls are answered.</param>
/// <param name="Providers">Every provider, disabled ones too, sorted by name.</param>
/// <param name="Recordings">What became of recordings.</param>
public sealed record SystemStatus(
    string Version,
    DateTimeOffset StartedAt,
    double UptimeSeconds,
    long Generation,
    string? NotReady,
    int CallsInFlight,
    CacheOverview Cache,
    // The one name of this document that is not in snake case: the reference system's users look for it.
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

/// <summary>What the cache holds and was good for.</summary>
/// <param name="Enabled">Whether answers are kept.</param>
/// <param name="TotalEntries">How many are.</param>
/// <param name="TotalHits">How many calls got a kept one.</param>
/// <param name="TotalMisses">How many calls found none.</param>
/// <param name="HitRate">The share of hits, from 0 to 1.</param>
/// <param name="MemorySizeBytes">The memory that kept answers take.</param>
public sealed record CacheOverview(
    bool Enabled, int TotalEntries, long TotalHits, long TotalMisses, double HitRate, long MemorySizeBytes);

/// <summary>How many limits there are, those of keys and tenants among them.</summary>
/// <param name="Total">All of them.</param>
/// <param name="Blocked">Those that would refuse a request now.</param>
public sealed record LimitTotals(int Total, int Blocked);

/// <summary>What is counted of one limit.</summary>
/// <param name="Name">Whose it is: a provider, <c>provider/model</c>, a key or a tenant.</param>
/// <param name="Scope">Which of these.</param>
/// <param name="Requests">The requests of its window.</param>
/// <param name="MaxRequests">The most requests of its window; null for no such bound.</param>
/// <param name="WindowSeconds">The window; null for no such bound.</param>
/// <param name="Blocked">Whether the next request would be refused.</param>
/// <param name="RetryAfterSeconds">When it would not be any more; null where it is not.</param>
/// <param name="Running">How many run at once.</param>
/// <param name="Waiting">How many wait.</param>
public sealed record LimitOverview(
    string Name, string Scope, long Requests, long? MaxRequests, double? WindowSeconds, bool Blocked, double? RetryAfterSeconds,
    int Running, int Waiting);

/// <summary>What calls cost, in US dollars.</summary>
/// <param name="Since">From when on: the beginning of the day in UTC; null where there is no ledger.</param>
/// <param name="TotalCost">What they cost together; null where that is not known.</param>
/// <param name="TotalRequests">How many there were; null where that is not known.</param>
/// <param name="TotalInputTokens">The tokens they were asked with.</param>
/// <param name="TotalOutputTokens">The tokens of their answers.</param>
/// <param name="ByProvider">What they cost by provider.</param>
/// <param name="Budgets">What the budgets that are used most have spent and may, those first.</param>
/// <param name="BudgetCount">How many budgets have been used.</param>
/// <param name="Problem">Why what calls cost is not known: there is no ledger, or it is away. Null where it is.</param>
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
    /// How many entries of the ledger are kept and in no sum, because its database refuses them for what they hold. The log says which.
    /// </summary>
    public long SetAside { get; init; }
}

/// <summary>What a budget has spent, in US dollars.</summary>
/// <param name="Id">Its account.</param>
/// <param name="Limit">What it may spend.</param>
/// <param name="Spent">What it has.</param>
/// <param name="Reserved">What is held for calls that run.</param>
public sealed record BudgetOverview(string Id, decimal Limit, decimal Spent, decimal Reserved);

/// <summary>What the attempts at a provider came to.</summary>
/// <param name="TotalRequests">How many ended.</param>
/// <param name="SuccessfulRequests">How many succeeded.</param>
/// <param name="FailedRequests">How many failed.</param>
/// <param name="SuccessRate">The share that succeeded, from 0 to 1.</param>
/// <param name="AverageResponseMs">Their mean response time.</param>
/// <param name="P95ResponseMs">What 95 % did not exceed.</param>
/// <param name="LastRequestTime">When the last one ended.</param>
/// <param name="TokensPerSecond">The output tokens of a second after the first one; null without a stream whose provider counts
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

/// <summary>What decides how calls are answered.</summary>
/// <param name="Strategy">How a target is chosen.</param>
/// <param name="DefaultProvider">Who answers a name that nobody knows; null for nobody.</param>
/// <param name="Fallback">Whether another target is tried.</param>
/// <param name="MaxFallbacks">How many at most.</param>
/// <param name="Attempts">How often one target is tried.</param>
/// <param name="TimeoutSeconds">How long a call may take.</param>
/// <param name="Cache">Whether answers are kept.</param>
/// <param name="Aliases">How many aliases there are.</param>
/// <param name="Limits">How many providers and models have limits.</param>
/// <param name="Budgets">How many budgets there are, those of keys and tenants not among them.</param>
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
/// <param name="Health">How it is, by what is known now; null for one that is disabled.</param>
public sealed record ProviderOverview(string Name, bool Enabled, int Priority, HealthOverview? Health);

/// <summary>What became of recordings.</summary>
/// <param name="Enabled">Whether something is recorded.</param>
/// <param name="Written">How many were written.</param>
/// <param name="Lost">How many were not, by the reason.</param>
public sealed record RecordingOverview(bool Enabled, long Written, IReadOnlyDictionary<string, long> Lost);

/// <summary>How a provider is.</summary>
/// <param name="Status"><c>healthy</c>, <c>degraded</c>, <c>unhealthy</c>, or <c>unknown</c> before the first call.</param>
/// <param name="Error">Why it is not healthy; null where there is nothing to tell.</param>
/// <param name="LastCheck">When the last call or check ended.</param>
/// <param name="ResponseTimeMs">How long it took.</param>
/// <param name="SuccessRate">The share of calls and checks that worked.</param>
/// <param name="ActiveConnections">How many attempts run on it.</param>
public sealed record HealthOverview(
    string Status, string? Error, DateTimeOffset? LastCheck, double? ResponseTimeMs, double? SuccessRate, int ActiveConnections);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SystemStatus))]
internal sealed partial class StatusJson : JsonSerializerContext;
