namespace Switchyard.Targets;

/// <summary>The result of resolving a model name: groups of deployments, tried one group after the other. Immutable.</summary>
public sealed class Route
{
    private Candidate[]? _candidates;

    internal Route(string alias, params TargetGroup[] groups)
    {
        Alias = alias;
        Groups = groups;
        Only = groups is [{ Deployments: [var only] }] ? only : null;
        Count = groups.Sum(group => group.Deployments.Count);
        MayDrain = groups.Any(group => group.Deployments.Any(deployment => deployment.Policy.Drains));
        UsuallyKeptBelow = groups is [var one] ? one.Selector.LikelyBelow(one.Deployments, Candidate.UsuallyKept) : 0;
    }

    /// <summary>The name in the client's request.</summary>
    public string Alias { get; }

    /// <summary>The groups, at least one: the targets, then the fallbacks.</summary>
    public IReadOnlyList<TargetGroup> Groups { get; }

    /// <summary>How deployments are chosen: the name of the strategy.</summary>
    public string Strategy { get; internal init; } = "priority";

    /// <summary>The rules for further attempts after a failure.</summary>
    internal RouteRules Rules { get; init; } = RouteRules.Default;

    /// <summary>Whether targets that the caller may not call were removed, so that no target may be added.</summary>
    internal bool IsNarrowed { get; private init; }

    /// <summary>The deployment of a route that has only one; null if there are several.</summary>
    internal Deployment? Only { get; }

    /// <summary>The number of deployments of all groups.</summary>
    internal int Count { get; }

    /// <summary>The score below which the candidates recorded in a call's decision most likely are; 0 if unknown.</summary>
    internal double UsuallyKeptBelow { get; }

    /// <summary>Its deployments in the order of the groups, as a call copies them before it scores them.</summary>
    internal ReadOnlySpan<Candidate> Candidates => _candidates ??=
        [.. Groups.SelectMany((group, number) => group.Deployments.Select(deployment => new Candidate(deployment, number)))];

    /// <summary>Whether one of its deployments reads an answer to its end after the client has left.</summary>
    internal bool MayDrain { get; }

    /// <summary>
    /// This route with a group before all others, whose targets are not tried a second time: groups without other targets are removed.
    /// </summary>
    internal Route StartingWith(TargetGroup first) =>
        new(Alias, [first, .. Groups.Select(group => group.Without(first)).OfType<TargetGroup>()]) { Strategy = Strategy, Rules = Rules };

    /// <summary>This route with only the selected targets; null if none is left.</summary>
    internal Route? Narrowed(Func<Deployment, bool> isWanted)
    {
        TargetGroup[] groups = [.. Groups.Select(group => group.Where(isWanted)).OfType<TargetGroup>()];
        return groups.Length == 0 ? null : new(Alias, groups) { Strategy = Strategy, Rules = Rules, IsNarrowed = true };
    }

    /// <summary>
    /// The same groups under another name, with a single attempt: a call that no client waits for must not use the retries that all calls
    /// share.
    /// </summary>
    internal Route TriedOnceAs(string alias) => new(alias, [.. Groups])
    {
        Rules = new RouteRules { MaxFallbacks = 0, Retries = new(0, 0, 0) },
    };
}

/// <summary>The rules for further attempts of a route after a failure. Immutable.</summary>
internal sealed record RouteRules
{
    /// <summary>Three fallbacks, only after failures that are always retryable.</summary>
    public static readonly RouteRules Default = new();

    /// <summary>The maximum number of further targets after the first.</summary>
    public int MaxFallbacks { get; init; } = 3;

    /// <summary>Whether a target with a larger window is tried if the prompt is too long.</summary>
    public bool OnContextLength { get; init; }

    /// <summary>Whether another target is tried if the target's content policy refuses the request.</summary>
    public bool OnContentPolicy { get; init; }

    /// <summary>Whether another target is tried if the target does not have the model.</summary>
    public bool OnModelNotFound { get; init; }

    /// <summary>The maximum number of retries at one target by kind of failure; null uses the deployment's number.</summary>
    public RetryLimits? Retries { get; init; }

    /// <summary>When another target is called in addition to a late one; null for never.</summary>
    public HedgeRule? Hedge { get; init; }

    /// <summary>How much of a stream is held back before its client gets any; null for nothing.</summary>
    public HoldRule? Hold { get; init; }

    /// <summary>Whether a chat stream that breaks off is continued by another target.</summary>
    public bool Continues { get; init; }

    /// <summary>Whether an attempt may have to be cancelled while its client is still waiting.</summary>
    public bool CutsOff => Hedge is not null || Hold is not null;
}

/// <summary>The maximum number of retries at one target by kind of failure; null uses the deployment's number. Immutable.</summary>
/// <param name="RateLimit">After a 429.</param>
/// <param name="Timeout">After a timeout.</param>
/// <param name="Server">After another failure of the provider.</param>
internal sealed record RetryLimits(int? RateLimit, int? Timeout, int? Server);

/// <summary>How much of a stream is held back: by number of chunks or by time, whichever comes first. Immutable.</summary>
/// <param name="Chunks">The number of chunks; null for no limit.</param>
/// <param name="Time">The time since the first chunk.</param>
internal sealed record HoldRule(int? Chunks, TimeSpan Time)
{
    /// <summary>The maximum time: a slow stream must not use up the time of the next target.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
}
