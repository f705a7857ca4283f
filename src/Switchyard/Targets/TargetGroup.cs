namespace Switchyard.Targets;

/// <summary>Deployments of equal rank inside a route, and the rule that orders them for a call. Immutable.</summary>
public sealed class TargetGroup
{
    private readonly Deployment[] _deployments;

    internal TargetGroup(IDeploymentSelector selector, params Deployment[] deployments)
    {
        Selector = selector;
        _deployments = deployments;
    }

    /// <summary>At least one.</summary>
    public IReadOnlyList<Deployment> Deployments => _deployments;

    internal IDeploymentSelector Selector { get; }

    /// <summary>The deployments in the order in which one call tries them.</summary>
    /// <param name="random">Decides where the selector leaves it to chance.</param>
    internal Deployment[] Order(Random random) => _deployments.Length == 1 ? _deployments : Selector.Order(_deployments, random);
}

/// <summary>
/// Orders the deployments of a group for one call. Pure: the same deployments, states and random numbers give the same order, so that a
/// call and an explanation of it cannot differ.
/// </summary>
internal interface IDeploymentSelector
{
    /// <summary>The deployments in order; the array given, which is never changed, or a new one.</summary>
    Deployment[] Order(Deployment[] deployments, Random random);
}
