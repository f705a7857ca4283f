namespace Switchyard.Targets;

/// <summary>The result of resolving a model name: groups of deployments, tried one group after the other. Immutable.</summary>
public sealed class Route
{
    internal Route(string alias, params TargetGroup[] groups)
    {
        Alias = alias;
        Groups = groups;
        Only = groups is [{ Deployments: [var only] }] ? only : null;
    }

    /// <summary>The name the client asked for.</summary>
    public string Alias { get; }

    /// <summary>The groups, at least one: the targets, then the fallbacks.</summary>
    public IReadOnlyList<TargetGroup> Groups { get; }

    /// <summary>The deployment of a route that has only one; null where there are several.</summary>
    internal Deployment? Only { get; }
}
