using Switchyard.Targets;

namespace Switchyard.Health;

/// <summary>The health of a provider as a report shows it: a copy of one moment.</summary>
/// <param name="Name">The provider's name.</param>
/// <param name="State">Its state. A provider that cannot be used is unhealthy, and <paramref name="Error"/> says why.</param>
/// <param name="Error">Why it is not healthy, without secrets; null where there is nothing to tell.</param>
public sealed record ProviderStatus(string Name, HealthState State, string? Error)
{
    /// <summary>Whether the last call or check worked; null before the first.</summary>
    public bool? IsHealthy { get; init; }

    /// <summary>When the last call or check ended; null before the first.</summary>
    public DateTimeOffset? LastCheck { get; init; }

    /// <summary>How long the last call took until its answer was open, or the last check; null before the first.</summary>
    public TimeSpan? ResponseTime { get; init; }

    /// <summary>The share of calls and checks that worked, from 0 to 1; null before the first.</summary>
    public double? SuccessRate { get; init; }

    /// <summary>The share of calls and checks that failed, from 0 to 1; null before the first.</summary>
    public double? ErrorRate { get; init; }

    /// <summary>The number of attempts that are running, streams that are being read included.</summary>
    public int ActiveConnections { get; init; }

    /// <summary>
    /// How many attempts may run now, as learnt from the provider's latency (<c>adaptive_concurrency</c>), all its models and keys in use
    /// together; null where nothing is learnt.
    /// </summary>
    public int? ConcurrencyLimit { get; init; }

    /// <summary>The number of failures since the last success.</summary>
    public int ConsecutiveFailures { get; init; }

    /// <summary>The number of calls and checks counted.</summary>
    public long TotalRequests { get; init; }

    internal static ProviderStatus Of(ProviderHealth health, int active, int? limit) => new(health.Provider, health.State, health.LastError)
    {
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
