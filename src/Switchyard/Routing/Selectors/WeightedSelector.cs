using System.Runtime.InteropServices;
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
    /// The time by which about twice as many have come as are wanted: all together they come at the rate of the sum of the weights. Where a
    /// few weigh as much as all others these come again and again, and it is too early.
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

    /// <summary>Where all are alike any order of random numbers will do: up to their mean time.</summary>
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
            // A weight of 0 makes the time infinite: it comes last, but is still there as a fallback.
            for (var i = 0; i < count; i++)
                candidates[i].Score = -drawn[i] * candidates[i].MeanTime;
        }
    }

    /// <summary>Numbers made of 23 random bits each, both bounds excluded: the logarithm of 0 is infinite, and that of 1 is 0.</summary>
    private static Vector256<float> BetweenZeroAndOne(Vector256<uint> bits) =>
        (Vector256.ConvertToSingle((bits >> 9).AsInt32()) + Vector256.Create(0.5f)) * (1f / (1 << 23));
}
