using Switchyard.Common;
using Switchyard.Targets;

namespace Switchyard.Routing.Selectors;

/// <summary>
/// The lowest expected price first: the prompt at its length, with the discount of a deployment that has the conversation in its prompt
/// cache, and the answer at the client's limit. Deployments without a known price follow by priority.
/// </summary>
internal sealed class CostSelector : IDeploymentSelector
{
    public static readonly CostSelector Instance = new();

    public void Score(Span<Candidate> candidates, in SelectionFacts facts, ref SeededRandom random)
    {
        foreach (ref var candidate in candidates)
        {
            var cached = ReferenceEquals(candidate.Deployment.State, facts.Sticky) ? facts.CachedTokens : 0;
            candidate.Score = candidate.Deployment.Price?.Of(facts.InputTokens, cached, facts.OutputTokens)
                ?? Candidate.Unknown - candidate.Deployment.Priority;
        }
    }
}
