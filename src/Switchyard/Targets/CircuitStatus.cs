namespace Switchyard.Targets;

/// <summary>The circuit of one target, and when it opened and closed. Immutable.</summary>
/// <param name="Provider">The provider.</param>
/// <param name="Model">The provider's own model id.</param>
/// <param name="State">The current state.</param>
/// <param name="ProbeIn">The time until an attempt is admitted; zero if one is admitted now.</param>
/// <param name="Changes">The last changes, the oldest first; those since the target was first called.</param>
public sealed record CircuitStatus(
    string Provider, string Model, CircuitState State, TimeSpan ProbeIn, IReadOnlyList<CircuitChange> Changes);

/// <summary>A circuit opened or closed.</summary>
/// <param name="At">The time.</param>
/// <param name="Opened">True if it opened; false if it closed.</param>
public sealed record CircuitChange(DateTimeOffset At, bool Opened);
