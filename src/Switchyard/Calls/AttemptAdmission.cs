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

    /// <summary>How many held one of these places when it got its own, itself included.</summary>
    public int Running { get; init; }

    /// <summary>What it has taken of the deployment's limits; null where there are none.</summary>
    public ITaken? Taken { get; init; }

    /// <summary>Whether another target is left to be tried after it: it then leaves that one a part of the call's time.</summary>
    public bool MayBeFollowed { get; init; }

    /// <summary>Whether it is asked because another attempt, which still runs, is late.</summary>
    public bool IsHedge { get; init; }

    /// <summary>Whether it goes on with an answer that broke off after its client had got some of it.</summary>
    public bool IsContinuation { get; init; }

    /// <summary>Gives it an end of its own (<see cref="Attempt.CutOffAsync"/>); null lets it end with the call alone.</summary>
    public CancellationTokenSource? CutOff { get; init; }
}
