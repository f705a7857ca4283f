using Switchyard.Common;
using Switchyard.Targets;

namespace Switchyard.Routing.Selectors;

/// <summary>
/// Of two deployments drawn at random the one with fewer running attempts for its weight. Two choices spread load nearly as well as
/// comparing all, and many gateways that look at the same moment do not all choose the same one. The others follow by their load.
/// </summary>
internal sealed class LeastBusySelector : IDeploymentSelector
{
    public static readonly LeastBusySelector Instance = new();

    public void Score(Span<Candidate> candidates, in SelectionFacts facts, ref SeededRandom random)
    {
        foreach (ref var candidate in candidates)
            candidate.Score = LoadOf(candidate.Deployment);
        var first = random.Next(candidates.Length);
        var second = random.Next(candidates.Length - 1);
        if (second >= first)
            second++;
        ref var chosen = ref candidates[candidates[second].Score < candidates[first].Score ? second : first];
        // Loads are never negative, so this comes before every other.
        chosen.Score = -1;
    }

    private static double LoadOf(Deployment deployment) =>
        deployment.Weight > 0 ? deployment.State.InFlight / deployment.Weight : double.MaxValue;
}
