namespace Switchyard.Targets;

/// <summary>The result of one health check of a provider.</summary>
/// <param name="Name">The provider's name.</param>
/// <param name="Healthy">Whether the check passed.</param>
/// <param name="Latency">How long it took, measured for a failed check too; null if nothing was sent.</param>
/// <param name="Error">The reason of the failure, without secrets; null if it passed.</param>
public sealed record HealthResult(string Name, bool Healthy, TimeSpan? Latency, string? Error)
{
    /// <summary>When the check ended.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>
    /// Whether the provider answered and refused the check's request (a 4xx): it is up, but whether it accepts calls is unknown.
    /// </summary>
    internal bool IsRefusal { get; init; }
}
