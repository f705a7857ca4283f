using Switchyard.Common;
using Switchyard.Targets;

namespace Switchyard.Routing.Selectors;

/// <summary>The highest priority first; equal ones in configuration order.</summary>
internal sealed class PrioritySelector : IDeploymentSelector
{
    public static readonly PrioritySelector Instance = new();

    public void Score(Span<Candidate> candidates, in SelectionFacts facts, ref SeededRandom random)
    {
        foreach (ref var candidate in candidates)
            candidate.Score = -candidate.Deployment.Priority;
    }
}
