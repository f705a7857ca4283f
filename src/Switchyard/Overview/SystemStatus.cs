using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;

namespace Switchyard.Overview;

/// <summary>The state of an engine in one document: a copy of one moment, which holds no secret. Immutable.</summary>
public sealed record SystemStatus
{
    /// <summary>The version of Switchyard.</summary>
    public required string Version { get; init; }

    /// <summary>When the engine was created.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The time since then.</summary>
    public required double UptimeSeconds { get; init; }

    /// <summary>The number of the configuration in force.</summary>
    public required long Generation { get; init; }

    /// <summary>Why no call can be served; null if calls can be served.</summary>
    public required string? NotReady { get; init; }

    /// <summary>The number of running calls.</summary>
    public required int CallsInFlight { get; init; }

    /// <summary>The content and the hits of the cache.</summary>
    public required CacheOverview Cache { get; init; }

    /// <summary>The counters of the limits that are reached or used most, those first.</summary>
    // The only name of this document that is not in snake case, for users of the reference system.
    [JsonPropertyName("rateLimits")]
    public required IReadOnlyList<LimitOverview> RateLimits { get; init; }

    /// <summary>The number of limits.</summary>
    public required LimitTotals Limits { get; init; }

    /// <summary>The cost of today's calls, and the budgets.</summary>
    public required CostOverview Costs { get; init; }

    /// <summary>The totals of the attempts of the last 24 hours, by provider.</summary>
    public required IReadOnlyDictionary<string, MetricsOverview> Metrics { get; init; }

    /// <summary>The settings that decide how calls are answered.</summary>
    public required ConfigOverview Config { get; init; }

    /// <summary>Every provider, including disabled ones, sorted by name.</summary>
    public required IReadOnlyList<ProviderOverview> Providers { get; init; }

    /// <summary>The outcomes of recordings.</summary>
    public required RecordingOverview Recordings { get; init; }

    /// <summary>The document as JSON.</summary>
    public JsonObject ToJson() => JsonSerializer.SerializeToNode(this, StatusJson.Default.SystemStatus)!.AsObject();

    /// <summary>The JSON Schema of the document.</summary>
    public static JsonNode DescribeJson() => StatusJson.Default.SystemStatus.GetJsonSchemaAsNode();
}

/// <summary>The content and the hits of the cache.</summary>
public sealed record CacheOverview
{
    /// <summary>Whether answers are cached.</summary>
    public required bool Enabled { get; init; }

    /// <summary>The number of cached answers.</summary>
    public required int TotalEntries { get; init; }

    /// <summary>The number of calls with a cached answer.</summary>
    public required long TotalHits { get; init; }

    /// <summary>The number of calls without one.</summary>
    public required long TotalMisses { get; init; }

    /// <summary>The share of hits, from 0 to 1.</summary>
    public required double HitRate { get; init; }

    /// <summary>The memory of the cached answers, in bytes.</summary>
    public required long MemorySizeBytes { get; init; }
}

/// <summary>The number of limits, including those of keys and tenants.</summary>
public sealed record LimitTotals
{
    /// <summary>All limits.</summary>
    public required int Total { get; init; }

    /// <summary>The limits that would refuse a request now.</summary>
    public required int Blocked { get; init; }
}

/// <summary>The counters of one limit.</summary>
public sealed record LimitOverview
{
    /// <summary>Its owner: a provider, <c>provider/model</c>, a key or a tenant.</summary>
    public required string Name { get; init; }

    /// <summary>The kind of the owner.</summary>
    public required string Scope { get; init; }

    /// <summary>The requests of its window.</summary>
    public required long Requests { get; init; }

    /// <summary>The maximum number of requests of its window; null if it has none.</summary>
    public required long? MaxRequests { get; init; }

    /// <summary>The window; null if it has no maximum of requests.</summary>
    public required double? WindowSeconds { get; init; }

    /// <summary>Whether the next request would be refused.</summary>
    public required bool Blocked { get; init; }

    /// <summary>The time until it would not be refused; null if it is not.</summary>
    public required double? RetryAfterSeconds { get; init; }

    /// <summary>The number of concurrent requests.</summary>
    public required int Running { get; init; }

    /// <summary>The number of waiting requests.</summary>
    public required int Waiting { get; init; }
}

/// <summary>The cost of calls, in US dollars.</summary>
public sealed record CostOverview
{
    /// <summary>The start: the beginning of the day in UTC; null if the costs are unknown.</summary>
    public required DateTimeOffset? Since { get; init; }

    /// <summary>The total cost; null if unknown.</summary>
    public required decimal? TotalCost { get; init; }

    /// <summary>The number of calls; null if unknown.</summary>
    public required long? TotalRequests { get; init; }

    /// <summary>Their input tokens; null if unknown.</summary>
    public required long? TotalInputTokens { get; init; }

    /// <summary>Their output tokens; null if unknown.</summary>
    public required long? TotalOutputTokens { get; init; }

    /// <summary>The cost by provider.</summary>
    public required IReadOnlyDictionary<string, decimal> ByProvider { get; init; }

    /// <summary>The most used budgets, those first.</summary>
    public required IReadOnlyList<BudgetOverview> Budgets { get; init; }

    /// <summary>The number of budgets used.</summary>
    public required int BudgetCount { get; init; }

    /// <summary>Why the costs are unknown: there is no ledger, or it is unavailable. Null if they are known.</summary>
    public required string? Problem { get; init; }

    /// <summary>
    /// The number of ledger entries that are kept but in no sum, because the database refuses their content. The log names them.
    /// </summary>
    public long SetAside { get; init; }
}

/// <summary>The spending of a budget, in US dollars.</summary>
public sealed record BudgetOverview
{
    /// <summary>Its account.</summary>
    public required string Id { get; init; }

    /// <summary>The amount that it may spend.</summary>
    public required decimal Limit { get; init; }

    /// <summary>The amount spent.</summary>
    public required decimal Spent { get; init; }

    /// <summary>The amount reserved for running calls.</summary>
    public required decimal Reserved { get; init; }
}

/// <summary>The totals of the attempts at a provider.</summary>
public sealed record MetricsOverview
{
    /// <summary>The number of ended attempts.</summary>
    public required long TotalRequests { get; init; }

    /// <summary>The number that succeeded.</summary>
    public required long SuccessfulRequests { get; init; }

    /// <summary>The number that failed.</summary>
    public required long FailedRequests { get; init; }

    /// <summary>The share that succeeded, from 0 to 1.</summary>
    public required double SuccessRate { get; init; }

    /// <summary>Their mean response time.</summary>
    public required double AverageResponseMs { get; init; }

    /// <summary>The response time that 95 % did not exceed.</summary>
    public required double P95ResponseMs { get; init; }

    /// <summary>When the last one ended.</summary>
    public required DateTimeOffset? LastRequestTime { get; init; }

    /// <summary>The output tokens per second after the first token; null without a stream whose provider counts tokens.</summary>
    public required double? TokensPerSecond { get; init; }
}

/// <summary>The settings that decide how calls are answered.</summary>
public sealed record ConfigOverview
{
    /// <summary>How a target is chosen.</summary>
    public required string Strategy { get; init; }

    /// <summary>The provider for unknown model names; null for none.</summary>
    public required string? DefaultProvider { get; init; }

    /// <summary>Whether another target is tried.</summary>
    public required bool Fallback { get; init; }

    /// <summary>The maximum number of fallbacks.</summary>
    public required int MaxFallbacks { get; init; }

    /// <summary>The maximum number of attempts at one target.</summary>
    public required int Attempts { get; init; }

    /// <summary>How long a call may take.</summary>
    public required double TimeoutSeconds { get; init; }

    /// <summary>Whether answers are cached.</summary>
    public required bool Cache { get; init; }

    /// <summary>The number of aliases.</summary>
    public required int Aliases { get; init; }

    /// <summary>The number of providers and models with limits.</summary>
    public required int Limits { get; init; }

    /// <summary>The number of budgets, without those of keys and tenants.</summary>
    public required int Budgets { get; init; }
}

/// <summary>A provider.</summary>
public sealed record ProviderOverview
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether calls may go to it.</summary>
    public required bool Enabled { get; init; }

    /// <summary>Its rank: the higher one is asked first.</summary>
    public required int Priority { get; init; }

    /// <summary>Its health as known now; null if it is disabled.</summary>
    public required HealthOverview? Health { get; init; }
}

/// <summary>The outcomes of recordings.</summary>
public sealed record RecordingOverview
{
    /// <summary>Whether something is recorded.</summary>
    public required bool Enabled { get; init; }

    /// <summary>The number of written recordings.</summary>
    public required long Written { get; init; }

    /// <summary>The number of lost recordings, by reason.</summary>
    public required IReadOnlyDictionary<string, long> Lost { get; init; }
}

/// <summary>The health of a provider.</summary>
public sealed record HealthOverview
{
    /// <summary><c>healthy</c>, <c>degraded</c>, <c>unhealthy</c>, or <c>unknown</c> before the first call.</summary>
    public required string Status { get; init; }

    /// <summary>Why it is not healthy; null if there is no error.</summary>
    public required string? Error { get; init; }

    /// <summary>When the last call or check ended.</summary>
    public required DateTimeOffset? LastCheck { get; init; }

    /// <summary>The response time of that call or check.</summary>
    public required double? ResponseTimeMs { get; init; }

    /// <summary>The share of calls and checks that succeeded.</summary>
    public required double? SuccessRate { get; init; }

    /// <summary>The number of running attempts.</summary>
    public required int ActiveConnections { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SystemStatus))]
internal sealed partial class StatusJson : JsonSerializerContext;
