using Switchyard.Common;

namespace Switchyard.Targets;

/// <summary>
/// Scores the deployments of a group for one call. Pure and thread-safe: the same deployments, states, facts and random numbers give the
/// same scores, so that they can be repeated to explain a call.
/// </summary>
internal interface IDeploymentSelector
{
    /// <summary>Sets the score of each candidate: the lowest is tried first, the earlier of two equal ones.</summary>
    void Score(Span<Candidate> candidates, in SelectionFacts facts, ref SeededRandom random);

    /// <summary>Whether <see cref="SelectionFacts.Turn"/>, counted from the first deployment on, is the one it puts first.</summary>
    bool TakesTurns => false;

    /// <summary>
    /// A score below which the needed number of candidates most likely are, and few more, so that the others need not be sorted. 0 if
    /// unknown before a call.
    /// </summary>
    /// <param name="deployments">The deployments of a group.</param>
    /// <param name="count">The needed number of candidates.</param>
    double LikelyBelow(IReadOnlyList<Deployment> deployments, int count) => 0;
}

/// <summary>The facts of a call for selectors.</summary>
internal readonly struct SelectionFacts
{
    /// <summary>The time.</summary>
    public required TimeSpan Now { get; init; }

    /// <summary>Whether the answer is streamed.</summary>
    public bool Stream { get; init; }

    /// <summary>An estimate of the prompt's tokens.</summary>
    public long InputTokens { get; init; }

    /// <summary>The answer's tokens: the client's limit, or an estimate.</summary>
    public long OutputTokens { get; init; }

    /// <summary>The call's turn, for selectors that take turns.</summary>
    public int Turn { get; init; }

    /// <summary>The state of the deployment that has this conversation in its prompt cache; null if unknown.</summary>
    public DeploymentState? Sticky { get; init; }

    /// <summary>The only account that can read the answer which the request continues; null if it continues none.</summary>
    public AccountState? Owner { get; init; }

    /// <summary>The prompt's tokens that <see cref="Sticky"/> is expected to have in its cache.</summary>
    public long CachedTokens { get; init; }
}
