namespace Switchyard.Targets;

/// <summary>The result of one health check of a provider.</summary>
public sealed record HealthResult
{
    /// <summary>The provider's name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether the check passed.</summary>
    public required bool Healthy { get; init; }

    /// <summary>How long it took, measured for a failed check too; null if nothing was sent.</summary>
    public TimeSpan? Latency { get; init; }

    /// <summary>The reason of the failure, without secrets; null if it passed.</summary>
    public string? Error { get; init; }

    /// <summary>When the check ended.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>
    /// Whether the provider answered and refused the check's request (a 4xx): it is up, but whether it accepts calls is unknown.
    /// </summary>
    internal bool IsRefusal { get; init; }
}
