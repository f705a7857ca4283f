namespace Switchyard.Targets;

/// <summary>The health of a provider, by the last calls and checks of it.</summary>
public enum HealthState
{
    /// <summary>No call and no check has ended yet.</summary>
    Unknown,

    /// <summary>The last call or check worked.</summary>
    Healthy,

    /// <summary>The last one or two failed.</summary>
    Degraded,

    /// <summary>At least the last <see cref="ProviderHealth.FailuresToUnhealthy"/> failed.</summary>
    Unhealthy,
}
