using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Switchyard.Common;
using Switchyard.Targets;

namespace Switchyard.Routing.Selectors;

/// <summary>
/// A weighted random order without replacement: the first position follows the weights, and so does each next position among the remaining
/// deployments. Each deployment draws an exponential time at the rate of its weight; the order is that of these times. If all weights are 0
/// all are equal.
/// </summary>
internal sealed class WeightedSelector : IDeploymentSelector
{
    public static readonly WeightedSelector Instance = new();

    private const int Block = 64;

    public void Score(Span<Candidate> candidates, in SelectionFacts facts, ref SeededRandom random)
    {
        var first = candidates[0].MeanTime;
        foreach (ref var candidate in candidates)
        {
            if (candidate.MeanTime == first)
                continue;
            Draw(candidates, ref random);
            return;
        }

        Shuffle(candidates, float.IsFinite(first) ? first : 1, ref random);
    }

    /// <summary>
    /// The time before which about twice the needed number of draws fall: together they arrive at the rate of the sum of the weights. If a
    /// few deployments have most of the weight, fewer distinct ones fall before it.
    /// </summary>
    public double LikelyBelow(IReadOnlyList<Deployment> deployments, int count)
    {
        if (deployments.Count < 4 * count)
            return 0;
        var weights = 0.0;
        foreach (var deployment in deployments)
            weights += deployment.Weight;
        return 2 * count / weights;
    }

    /// <summary>If all weights are equal, uniform random numbers up to the mean time suffice.</summary>
    private static void Shuffle(Span<Candidate> candidates, float meanTime, ref SeededRandom random)
    {
        foreach (ref var candidate in candidates)
            candidate.Score = random.NextDouble() * meanTime;
    }

    private static void Draw(Span<Candidate> candidates, ref SeededRandom random)
    {
        // Eight logarithms at once, in single precision: for a hundred deployments one call each was most of the time that ranking took.
        Span<ulong> bits = stackalloc ulong[Block / 2];
        var drawn = MemoryMarshal.Cast<ulong, float>(bits);
        for (; candidates.Length > 0; candidates = candidates[Math.Min(Block, candidates.Length)..])
        {
            var count = Math.Min(Block, candidates.Length);
            random.Fill(bits[..((count + 1) / 2)]);
            for (var i = 0; i < count; i += Vector256<float>.Count)
                Vector256.Log(BetweenZeroAndOne(Vector256.Create<float>(drawn[i..]).AsUInt32())).CopyTo(drawn[i..]);
            // A weight of 0 makes the time infinite: last, but still a fallback.
            for (var i = 0; i < count; i++)
                candidates[i].Score = -drawn[i] * candidates[i].MeanTime;
        }
    }

    /// <summary>Numbers of 23 random bits each, both bounds excluded: the logarithm of 0 is infinite, and that of 1 is 0.</summary>
    private static Vector256<float> BetweenZeroAndOne(Vector256<uint> bits) =>
        (Vector256.ConvertToSingle((bits >> 9).AsInt32()) + Vector256.Create(0.5f)) * (1f / (1 << 23));
}
