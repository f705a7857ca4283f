using System.Runtime.Intrinsics;
using Switchyard.Common;
using Switchyard.Targets;

namespace Switchyard.Routing.Selectors;

/// <summary>
/// A weighted random order without replacement: the first place follows the weights, and so does each next place among the deployments
/// left. Each deployment draws an exponential time at the rate of its weight, and they come in the order of these times. Where all weights
/// are 0 all are alike.
/// </summary>
internal sealed class WeightedSelector : IDeploymentSelector
{
    public static readonly WeightedSelector Instance = new();

    private const int Block = 64;

    public void Score(Span<Candidate> candidates, in SelectionFacts facts, ref SeededRandom random)
    {
        var (first, total, areAlike) = (candidates[0].Weight, 0.0, true);
        foreach (ref var candidate in candidates)
        {
            total += candidate.Weight;
            areAlike &= candidate.Weight == first;
        }

        if (areAlike || total <= 0)
            Shuffle(candidates, ref random);
        else
            Draw(candidates, ref random);
    }

    /// <summary>Where all are alike any order of random numbers will do.</summary>
    private static void Shuffle(Span<Candidate> candidates, ref SeededRandom random)
    {
        foreach (ref var candidate in candidates)
            candidate.Score = random.NextDouble();
    }

    private static void Draw(Span<Candidate> candidates, ref SeededRandom random)
    {
        // Eight logarithms at once, in single precision: for a hundred deployments one call each was most of the time that ranking took.
        Span<float> drawn = stackalloc float[Block];
        for (; candidates.Length > 0; candidates = candidates[Math.Min(Block, candidates.Length)..])
        {
            var count = Math.Min(Block, candidates.Length);
            // 1 - u is never 0.
            for (var i = 0; i < count; i++)
                drawn[i] = (float)(1 - random.NextDouble());
            for (var i = 0; i < count; i += Vector256<float>.Count)
                Vector256.Log(Vector256.Create(drawn[i..])).CopyTo(drawn[i..]);
            for (var i = 0; i < count; i++)
            {
                // A weight of 0 comes last, but is still there as a fallback.
                var weight = candidates[i].Weight;
                candidates[i].Score = weight > 0 ? -drawn[i] / weight : double.PositiveInfinity;
            }
        }
    }
}
