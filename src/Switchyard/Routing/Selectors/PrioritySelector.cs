using Switchyard.Targets;

namespace Switchyard.Routing.Selectors;

/// <summary>The configured order: every call goes to the first deployment, the others are fallbacks.</summary>
internal sealed class PrioritySelector : IDeploymentSelector
{
    public static readonly PrioritySelector Instance = new();

    public Deployment[] Order(Deployment[] deployments, Random random) => deployments;
}
