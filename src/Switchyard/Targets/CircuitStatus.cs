namespace Switchyard.Targets;

/// <summary>The circuit of one target, and when it opened and closed. Immutable.</summary>
public sealed record CircuitStatus
{
    /// <summary>The provider.</summary>
    public required string Provider { get; init; }

    /// <summary>The provider's own model id.</summary>
    public required string Model { get; init; }

    /// <summary>The current state.</summary>
    public required CircuitState State { get; init; }

    /// <summary>The time until an attempt is admitted; zero if one is admitted now.</summary>
    public required TimeSpan ProbeIn { get; init; }

    /// <summary>The last changes, the oldest first; those since the target was first called.</summary>
    public required IReadOnlyList<CircuitChange> Changes { get; init; }
}

/// <summary>A circuit opened or closed.</summary>
/// <param name="At">The time.</param>
/// <param name="Opened">True if it opened; false if it closed.</param>
public sealed record CircuitChange(DateTimeOffset At, bool Opened);
