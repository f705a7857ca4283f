namespace Switchyard.Targets;

/// <summary>When a deployment's circuit opens, and for how long. Immutable.</summary>
internal sealed record CircuitPolicy
{
    /// <summary>The number of failures in a row that opens it.</summary>
    public int Failures { get; init; } = 5;

    /// <summary>The share of failed attempts within <see cref="Window"/> that opens it, from 0 to 1.</summary>
    public double Ratio { get; init; } = 0.5;

    /// <summary>The minimum number of attempts within <see cref="Window"/> for <see cref="Ratio"/> to apply.</summary>
    public int Minimum { get; init; } = 20;

    /// <summary>The time span of <see cref="Ratio"/>.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long it stays open before one attempt may probe the deployment.</summary>
    public TimeSpan Open { get; init; } = TimeSpan.FromSeconds(60);
}
