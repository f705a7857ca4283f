using Switchyard.Targets;

namespace Switchyard.Routing.Selectors;

/// <summary>
/// A weighted random order without replacement: each place is drawn with a probability in proportion to the weights of the deployments
/// left. So the first place follows the weights, and so do the fallbacks after a failure.
/// </summary>
internal sealed class WeightedSelector : IDeploymentSelector
{
    public static readonly WeightedSelector Instance = new();

    public Deployment[] Order(Deployment[] deployments, Random random)
    {
        var order = deployments.ToArray();
        for (var i = 0; i < order.Length - 1; i++)
        {
            var drawn = Draw(order.AsSpan(i), random) + i;
            (order[i], order[drawn]) = (order[drawn], order[i]);
        }

        return order;
    }

    private static int Draw(ReadOnlySpan<Deployment> left, Random random)
    {
        var total = 0.0;
        foreach (var deployment in left)
            total += deployment.Weight;
        var point = random.NextDouble() * total;
        for (var i = 0; i < left.Length - 1; i++)
        {
            point -= left[i].Weight;
            if (point < 0)
                return i;
        }

        return left.Length - 1;
    }
}
