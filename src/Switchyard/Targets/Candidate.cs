namespace Switchyard.Targets;

/// <summary>
/// A deployment as one call sees it. Small, 32 bytes, because a route may have a hundred, which each call copies and scans.
/// </summary>
internal struct Candidate
{
    /// <summary>
    /// The score of a deployment without data for the selector (no price, no latency), minus its priority: above all known scores.
    /// </summary>
    public const double Unknown = 1e12;

    /// <summary>The maximum number of candidates kept by a call without a request to explain its decision.</summary>
    public const int UsuallyKept = 8;

    /// <summary>
    /// Demotions by preference, which outweigh the order within a group. Demotions of targets likely to fail outweigh both, so that a
    /// fallback is tried before them.
    /// </summary>
    public const Demotions Preferences = Demotions.NotPreferred | Demotions.NotSticky;

    private readonly ushort _group;
    private ushort _tries;

    /// <summary>A candidate with nothing known except whether it is preferred.</summary>
    /// <param name="deployment">The deployment.</param>
    /// <param name="group">The index of its group in the route, from 0.</param>
    public Candidate(Deployment deployment, int group = 0)
    {
        Deployment = deployment;
        MeanTime = (float)(1 / deployment.Weight);
        _group = (ushort)group;
        Demotions = deployment.IsPreferred ? Demotions.None : Demotions.NotPreferred;
        Tier = (group * ((int)Preferences + 1)) + (int)Demotions;
    }

    /// <summary>The deployment.</summary>
    public Deployment Deployment { get; }

    /// <summary>
    /// One divided by the deployment's weight: the mean of the exponential times that a weighted choice draws; infinite for a weight of 0.
    /// Kept here because reading the weights of a hundred deployments took longer than drawing by them.
    /// </summary>
    public float MeanTime { get; }

    /// <summary>The selector's score: the lowest is tried first.</summary>
    public double Score { get; set; }

    /// <summary>The rank before the score: candidates of a lower tier are tried first.</summary>
    public int Tier { get; set; }

    /// <summary>The index of its group in the route, from 0.</summary>
    public readonly int Group => _group;

    /// <summary>The reasons that rank it behind others: preferences, and the others once it is examined.</summary>
    public Demotions Demotions { get; set; }

    /// <summary>The reason why it is not tried; <see cref="Exclusion.None"/> if it may be, or is not examined yet.</summary>
    public Exclusion Excluded { get; set; }

    /// <summary>Whether its circuit, limits and pauses have been checked: only when it is next, so most candidates never are.</summary>
    public bool IsExamined { get; set; }

    /// <summary>Whether it is tried although its circuit is open, because no other target of the route is left.</summary>
    public bool IsLastResort { get; set; }

    /// <summary>The number of attempts so far.</summary>
    public int Tries
    {
        readonly get => _tries;
        set => _tries = (ushort)value;
    }
}

/// <summary>The reason why a candidate is not tried.</summary>
public enum Exclusion : byte
{
    /// <summary>It may be tried.</summary>
    None,

    /// <summary>Its circuit is open, or half-open with a running probe.</summary>
    CircuitOpen,

    /// <summary>Its provider has refused its credential, and accepts another one.</summary>
    CredentialRefused,

    /// <summary>The prompt is too long for its context window.</summary>
    WindowTooSmall,

    /// <summary>Its concurrency limit is reached, and the queue is full or was too slow.</summary>
    NoPlace,

    /// <summary>It has failed in this call permanently, or as often as allowed.</summary>
    Failed,

    /// <summary>The request continues an answer stored at another account.</summary>
    OtherAccount,

    /// <summary>A limit of the target or its provider is reached (<c>limits</c>).</summary>
    LimitReached,
}

/// <summary>The reasons that rank a candidate behind others, from preferences to likely failures.</summary>
[Flags]
public enum Demotions : byte
{
    /// <summary>No reason.</summary>
    None = 0,

    /// <summary>Others are among <c>routing.preferred</c>.</summary>
    NotPreferred = 1,

    /// <summary>Another has the conversation in its prompt cache.</summary>
    NotSticky = 2,

    /// <summary>Its concurrency limit, or another of its limits, is reached.</summary>
    Busy = 4,

    /// <summary>Its provider is unhealthy.</summary>
    Unhealthy = 8,

    /// <summary>Its provider has requested a pause.</summary>
    Cooling = 16,

    /// <summary>The prompt was too long for another target, and its window is unknown.</summary>
    WindowUnknown = 32,
}
