namespace Switchyard.Targets;

/// <summary>Deployments of equal rank inside a route, and the selector that orders them for a call. Immutable.</summary>
public sealed class TargetGroup
{
    private readonly Deployment[] _deployments;

    internal TargetGroup(IDeploymentSelector selector, params Deployment[] deployments)
    {
        Selector = selector;
        _deployments = deployments;
    }

    /// <summary>The deployments, at least one.</summary>
    public IReadOnlyList<Deployment> Deployments => _deployments;

    internal IDeploymentSelector Selector { get; }

    /// <summary>The deployments in the order in which one call tries them. The array must not be changed.</summary>
    /// <param name="random">The source of random numbers for the selector.</param>
    internal Deployment[] Order(Random random) => _deployments.Length == 1 ? _deployments : Selector.Order(_deployments, random);
}

/// <summary>
/// Orders the deployments of a group for one call. Pure and thread-safe: the same deployments, states and random numbers give the same
/// order, so that it can be repeated to explain a call.
/// </summary>
internal interface IDeploymentSelector
{
    /// <summary>The deployments in order: the array passed in, which is never changed, or a new one.</summary>
    Deployment[] Order(Deployment[] deployments, Random random);
}
