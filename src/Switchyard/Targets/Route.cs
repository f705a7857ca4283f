namespace Switchyard.Targets;

/// <summary>What a model name leads to: groups of deployments, tried one after the other. Immutable.</summary>
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

    /// <summary>At least one group: the targets, then the fallbacks.</summary>
    public IReadOnlyList<TargetGroup> Groups { get; }

    /// <summary>The one deployment of a route that has no other; null where there is a choice.</summary>
    internal Deployment? Only { get; }
}
