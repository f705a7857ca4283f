using Switchyard.Calls;

namespace Switchyard.Attempts;

/// <summary>The waits between tries, and the bound of all retries together. Immutable.</summary>
internal sealed record RetryPolicy
{
    /// <summary>The policy in the snapshot.</summary>
    public static readonly SectionKey<RetryPolicy> Section = new();

    /// <summary>The policy of a snapshot that has none.</summary>
    public static readonly RetryPolicy Default = new();

    /// <summary>The bound of the first wait; each next one is twice as long.</summary>
    public TimeSpan Base { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The bound of all waits.</summary>
    public TimeSpan Max { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The share of retries among all calls, from 0 to 1; ten a second are allowed in addition.</summary>
    public double Budget { get; init; } = 0.2;
}
