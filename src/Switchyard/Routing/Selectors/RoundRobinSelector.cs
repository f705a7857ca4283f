using Switchyard.Common;
using Switchyard.Targets;

namespace Switchyard.Routing.Selectors;

/// <summary>The deployments in turn, starting again after the last; after a failure the next in turn is tried.</summary>
internal sealed class RoundRobinSelector : IDeploymentSelector
{
    public static readonly RoundRobinSelector Instance = new();

    public bool TakesTurns => true;

    public void Score(Span<Candidate> candidates, in SelectionFacts facts, ref SeededRandom random)
    {
        var first = TargetGroup.PlaceOf(facts.Turn, candidates.Length);
        for (var i = 0; i < candidates.Length; i++)
            candidates[i].Score = i >= first ? i - first : i - first + candidates.Length;
    }
}
