using Switchyard.Targets;

namespace Switchyard.Calls;

/// <summary>How an attempt was let through to its deployment, and what it gives back when it ends.</summary>
internal readonly record struct AttemptAdmission
{
    /// <summary>How the deployment's circuit let it through.</summary>
    public CircuitPass Circuit { get; init; }

    /// <summary>How the credential's state let it through.</summary>
    public CircuitPass Account { get; init; }

    /// <summary>Whether it holds one of the deployment's places (<see cref="DeploymentState.Places"/>).</summary>
    public bool HoldsPlace { get; init; }

    /// <summary>Whether another target is left to be tried after it: it then leaves that one a part of the call's time.</summary>
    public bool MayBeFollowed { get; init; }
}
