using Switchyard.Targets;

namespace Switchyard.Calls;

/// <summary>How an attempt was admitted to its deployment, and what it releases when it ends.</summary>
internal readonly record struct AttemptAdmission
{
    /// <summary>How the deployment's circuit admitted it.</summary>
    public CircuitPass Circuit { get; init; }

    /// <summary>How the credential's state admitted it.</summary>
    public CircuitPass Account { get; init; }

    /// <summary>Whether it holds one of the deployment's places (<see cref="DeploymentState.Places"/>).</summary>
    public bool HoldsPlace { get; init; }

    /// <summary>The number of occupied places when it got its own, itself included.</summary>
    public int Running { get; init; }

    /// <summary>The amounts taken from the deployment's limits; null if it has none.</summary>
    public ITaken? Taken { get; init; }

    /// <summary>Whether another target could still be tried after it: it then reserves a part of the call's time for that one.</summary>
    public bool MayBeFollowed { get; init; }

    /// <summary>Whether it was begun because another attempt, which still runs, is slow.</summary>
    public bool IsHedge { get; init; }

    /// <summary>Whether it continues an answer that broke off after its client had received a part of it.</summary>
    public bool IsContinuation { get; init; }

    /// <summary>Its own cancellation (<see cref="Attempt.CutOffAsync"/>); null if only the call's cancellation ends it.</summary>
    public CancellationTokenSource? CutOff { get; init; }
}
