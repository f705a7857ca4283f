using Switchyard.Targets;

namespace Switchyard.Routing.Selectors;

/// <summary>The order written: the first deployment gets every call it can answer.</summary>
internal sealed class PrioritySelector : IDeploymentSelector
{
    public static readonly PrioritySelector Instance = new();

    public Deployment[] Order(Deployment[] deployments, Random random) => deployments;
}
