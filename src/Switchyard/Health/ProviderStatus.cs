using Switchyard.Targets;

namespace Switchyard.Health;

/// <summary>A snapshot of a provider's health, for reports.</summary>
public sealed record ProviderStatus
{
    /// <summary>The provider's name.</summary>
    public required string Name { get; init; }

    /// <summary>Its state. A provider that cannot be used is unhealthy, for the reason in <see cref="Error"/>.</summary>
    public required HealthState State { get; init; }

    /// <summary>The reason why it is not healthy, without secrets; null if there is none.</summary>
    public string? Error { get; init; }

    /// <summary>Whether the last call or check succeeded; null before the first.</summary>
    public bool? IsHealthy { get; init; }

    /// <summary>When the last call or check ended; null before the first.</summary>
    public DateTimeOffset? LastCheck { get; init; }

    /// <summary>How long the last call took until its answer was open, or the last check; null before the first.</summary>
    public TimeSpan? ResponseTime { get; init; }

    /// <summary>The share of calls and checks that succeeded, from 0 to 1; null before the first.</summary>
    public double? SuccessRate { get; init; }

    /// <summary>The share of calls and checks that failed, from 0 to 1; null before the first.</summary>
    public double? ErrorRate { get; init; }

    /// <summary>The number of running attempts, including streams that are being read.</summary>
    public int ActiveConnections { get; init; }

    /// <summary>
    /// The current limit of concurrent attempts, learnt from the provider's latency (<c>adaptive_concurrency</c>), summed over its used
    /// models and keys; null if none is learnt.
    /// </summary>
    public int? ConcurrencyLimit { get; init; }

    /// <summary>The number of failures since the last success.</summary>
    public int ConsecutiveFailures { get; init; }

    /// <summary>The number of calls and checks counted.</summary>
    public long TotalRequests { get; init; }

    internal static ProviderStatus Of(ProviderHealth health, int active, int? limit) => new()
    {
        Name = health.Provider,
        State = health.State,
        Error = health.LastError,
        IsHealthy = health.IsHealthy,
        LastCheck = health.LastCheck,
        ResponseTime = health.ResponseTime,
        SuccessRate = health.SuccessRate,
        ErrorRate = health.ErrorRate,
        ActiveConnections = active,
        ConcurrencyLimit = limit,
        ConsecutiveFailures = health.ConsecutiveFailures,
        TotalRequests = health.TotalRequests,
    };
}
