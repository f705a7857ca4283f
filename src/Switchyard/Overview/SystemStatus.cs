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

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SystemStatus))]
internal sealed partial class StatusJson : JsonSerializerContext;
