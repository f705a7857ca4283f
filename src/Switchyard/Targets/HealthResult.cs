namespace Switchyard.Targets;

/// <summary>The result of one health check of a provider.</summary>
/// <param name="Name">The provider's name.</param>
/// <param name="Healthy">Whether the check passed.</param>
/// <param name="Latency">How long it took, measured for a failed check too; null where nothing was asked.</param>
/// <param name="Error">Why it failed, without secrets; null when it passed.</param>
public sealed record HealthResult(string Name, bool Healthy, TimeSpan? Latency, string? Error)
{
    /// <summary>When the check ended.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>
    /// Whether the provider answered and refused what a check asked for (a 4xx): it is up, and what it thinks of calls is not known by
    /// that.
    /// </summary>
    internal bool IsRefusal { get; init; }
}
