namespace Switchyard.Targets;

/// <summary>What a model name leads to: groups of equal rank, tried in order.</summary>
/// <param name="Alias">The name the client asked for.</param>
/// <param name="Groups">At least one group; the first holds the targets, the others the fallbacks.</param>
public sealed record Route(string Alias, IReadOnlyList<TargetGroup> Groups);

/// <summary>Deployments of equal rank inside a route.</summary>
/// <param name="Deployments">At least one; in this version tried in the order written.</param>
public sealed record TargetGroup(IReadOnlyList<Deployment> Deployments);
