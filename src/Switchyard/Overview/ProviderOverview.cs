namespace Switchyard.Overview;

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
