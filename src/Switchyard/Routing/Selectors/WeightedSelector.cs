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

    public void Score(Span<Candidate> candidates, in SelectionFacts facts, ref SeededRandom random)
    {
        var total = 0.0;
        foreach (ref var candidate in candidates)
            total += candidate.Deployment.Weight;
        foreach (ref var candidate in candidates)
        {
            var weight = total > 0 ? candidate.Deployment.Weight : 1;
            // 1 - u is never 0. A weight of 0 comes last, but is still there as a fallback.
            var drawn = -Math.Log(1 - random.NextDouble());
            candidate.Score = weight > 0 ? drawn / weight : double.PositiveInfinity;
        }
    }
}
