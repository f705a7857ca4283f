using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Targets;

namespace Switchyard.Routing;

/// <summary>The routes of one version of the registry: of all aliases, and of other names on demand.</summary>
internal sealed record ResolvedRoutes(long Version, Dictionary<string, RouteResult> Aliases)
{
    private static readonly int s_operations = Enum.GetValues<CallOperation>().Length;

    // One cache for each operation, because the preferred provider of a bare name depends on it.
    private readonly BoundedCache<Route>[] _routes = [.. Enumerable.Range(0, s_operations).Select(_ => new BoundedCache<Route>())];

    /// <summary>The routes to the best of several targets. Separate, because a client may ask for any text as a model's name.</summary>
    public BoundedCache<Route> Among { get; } = new();

    public BoundedCache<Route> RoutesOf(CallOperation operation) => _routes[(int)operation];
}
