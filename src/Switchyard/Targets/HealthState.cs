namespace Switchyard.Targets;

/// <summary>The health of a provider, by its last calls and checks.</summary>
public enum HealthState
{
    /// <summary>No call and no check has ended yet.</summary>
    Unknown,

    /// <summary>The last call or check succeeded.</summary>
    Healthy,

    /// <summary>The last one or two failed.</summary>
    Degraded,

    /// <summary>At least the last <see cref="ProviderHealth.FailuresToUnhealthy"/> failed.</summary>
    Unhealthy,
}
