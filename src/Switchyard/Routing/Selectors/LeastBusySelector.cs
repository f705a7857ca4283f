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
        var weighted = 0;
        foreach (ref var candidate in candidates)
        {
            candidate.Score = LoadOf(candidate.Deployment);
            weighted += candidate.Deployment.Weight > 0 ? 1 : 0;
        }

        // One of weight 0 is there for when the others have failed: it is not drawn, unless all are alike.
        var areAlike = weighted == 0;
        var among = areAlike ? candidates.Length : weighted;
        var first = random.Next(among);
        var second = among == 1 ? first : random.Next(among - 1);
        if (among > 1 && second >= first)
            second++;
        var (one, other) = areAlike ? (first, second) : (PlaceOf(first, candidates), PlaceOf(second, candidates));
        ref var chosen = ref candidates[candidates[other].Score < candidates[one].Score ? other : one];
        // Loads are never negative, so this comes before every other.
        chosen.Score = -1;
    }

    /// <summary>The place of a candidate by its number among those with a weight.</summary>
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
