using Switchyard.Common;
using Switchyard.Targets;

namespace Switchyard.Routing.Selectors;

/// <summary>
/// Of two randomly drawn deployments, the one with fewer running attempts per weight. Two choices spread load nearly as well as comparing
/// all, and many gateways that choose at the same time do not all choose the same one. The others follow by load.
/// </summary>
internal sealed class LeastBusySelector : IDeploymentSelector
{
    public static readonly LeastBusySelector Instance = new();

    public void Score(Span<Candidate> candidates, in SelectionFacts facts, ref SeededRandom random)
    {
        var weighted = 0;
        foreach (ref var candidate in candidates)
        {
            candidate.Score = LoadOf(candidate.Deployment);
            weighted += candidate.Deployment.Weight > 0 ? 1 : 0;
        }

        // A deployment of weight 0 is only a fallback: it is not drawn, unless all weights are 0.
        var areAlike = weighted == 0;
        var among = areAlike ? candidates.Length : weighted;
        var first = random.Next(among);
        var second = among == 1 ? first : random.Next(among - 1);
        if (among > 1 && second >= first)
            second++;
        var (one, other) = areAlike ? (first, second) : (PlaceOf(first, candidates), PlaceOf(second, candidates));
        ref var chosen = ref candidates[candidates[other].Score < candidates[one].Score ? other : one];
        // Loads are never negative, so this is the lowest score.
        chosen.Score = -1;
    }

    /// <summary>The index of a candidate, from its number among those with a weight.</summary>
    private static int PlaceOf(int number, ReadOnlySpan<Candidate> candidates)
    {
        var place = 0;
        while (candidates[place].Deployment.Weight <= 0 || number-- > 0)
            place++;
        return place;
    }

    private static double LoadOf(Deployment deployment) =>
        deployment.Weight > 0 ? deployment.State.InFlight / deployment.Weight : double.MaxValue;
}
