using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Configuration;
using Switchyard.Providers.Registry;
using Switchyard.Routing.Selectors;
using Switchyard.Targets;

namespace Switchyard.Routing;

/// <summary>
/// Resolves model names to routes, whose deployments refer to their provider directly. Routes are cached until the registry changes, so a
/// provider registered at run time is callable at once. Thread-safe.
/// </summary>
internal sealed class RouteTable : IModelResolver
{
    private const string Weighted = "weighted";

    private readonly IReadOnlyDictionary<string, ModelRouteOptions> _aliases;
    private readonly IProviderDirectory _providers;
    private readonly string? _defaultProvider;
    private volatile Resolved _resolved;

    public RouteTable(IReadOnlyDictionary<string, ModelRouteOptions> aliases, IProviderDirectory providers, string? defaultProvider)
    {
        _aliases = aliases;
        _providers = providers;
        _defaultProvider = defaultProvider;
        _resolved = Resolve(providers.Version);
    }

    /// <summary>
    /// The model of a request that names none: the first alias in the configuration, else the first model of the only provider; null
    /// otherwise.
    /// </summary>
    public string? DefaultModel => _aliases.Keys.FirstOrDefault()
        ?? (_providers.Names is [var only] && _providers.DefaultModelOf(only) is { } model ? $"{only}/{model}" : null);

    /// <summary>The routes of the aliases, sorted by alias.</summary>
    public IEnumerable<Route> Aliases => Current().Aliases.Values.OrderBy(route => route.Alias, StringComparer.Ordinal);

    public RouteResult Resolve(string model, CallOperation operation)
    {
        var resolved = Current();
        if (resolved.Aliases.TryGetValue(model, out var alias))
            return alias;
        var routes = resolved.RoutesOf(operation);
        if (routes.Find(model) is { } known)
            return known;
        if (Find(model, operation) is not { } route)
            return NotFound(model);
        routes.Add(model, route);
        return route;
    }

    public IReadOnlyList<string> Serving(CallOperation operation) => _providers.Serving(operation);

    private Route? Find(string model, CallOperation operation)
    {
        // "openrouter/anthropic/claude-…" begins with a provider; "meta-llama/Llama-3" may be a bare name that holds a slash.
        var slash = model.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0 && slash < model.Length - 1 && _providers.Find(model.AsSpan(0, slash)) is { } named)
            return RouteTo(model, named, model[(slash + 1)..]);
        if (slash < 0 && _providers.Find(model) is { } alone && _providers.DefaultModelOf(alone) is { } usual)
            return RouteTo(model, alone, usual);
        if (_providers.FindServing(model, operation) is { } serving)
            return RouteTo(model, serving, model);
        if (_defaultProvider is not null && _providers.Find(_defaultProvider) is { } fallback)
            return RouteTo(model, fallback, model);
        return null;
    }

    private Route RouteTo(string name, string provider, string model) =>
        new(name, Group(_providers.Deploy(provider, model, weight: 1)));

    private Resolved Current()
    {
        var resolved = _resolved;
        var version = _providers.Version;
        return resolved.Version == version ? resolved : _resolved = Resolve(version);
    }

    private Resolved Resolve(long version) => new(
        version,
        _aliases.ToDictionary(pair => pair.Key, pair => ToRoute(pair.Key, pair.Value), StringComparer.OrdinalIgnoreCase));

    /// <summary>
    /// Makes the groups of an alias. With the strategy <c>priority</c> each target is a group, in which the credentials of its provider
    /// share the calls; with <c>weighted</c> all targets are one group. Each fallback is a group.
    /// </summary>
    private Route ToRoute(string alias, ModelRouteOptions options)
    {
        var targets = options.Targets.Select(Deploy);
        var groups = options.Strategy == Weighted ? [Group(targets.SelectMany(target => target).ToArray())] : targets.Select(Group);
        return new(alias, [.. groups, .. options.Fallback.Select(Deploy).Select(Group)]);
    }

    private Deployment[] Deploy(TargetOptions target)
    {
        var slash = target.Model.IndexOf('/', StringComparison.Ordinal);
        return slash > 0
            ? _providers.Deploy(target.Model[..slash].Trim().ToLowerInvariant(), target.Model[(slash + 1)..], target.Weight)
            : throw new ArgumentException($"The target '{target.Model}' is not 'provider/model'.");
    }

    private static TargetGroup Group(Deployment[] deployments) =>
        new(deployments.Length > 1 ? WeightedSelector.Instance : PrioritySelector.Instance, deployments);

    private CallError NotFound(string model)
    {
        if (_providers.Names is [])
            return new(CallErrorKind.ProviderUnavailable, ProviderActivation.NoProvider);
        var known = _aliases.Keys.Concat(_providers.KnownModelNames());
        var near = NearNames.Find(model, known);
        var hint = near.Count > 0 ? $" Did you mean {string.Join(" or ", near.Select(name => $"'{name}'"))}?"
            : _providers.Names is [var only]
                ? $" Only the provider '{only}' is enabled: set another provider's key variable, or name one in switchyard.yaml."
            : $" Enabled providers: {string.Join(", ", _providers.Names)}. "
                + "Ask for an alias, 'provider/model', or a model one of them serves.";
        return new(
            CallErrorKind.ModelNotFound,
            $"The model '{Sanitizer.Clean(model)}' does not exist or is not served by an enabled provider.{hint}")
        {
            Param = "model",
        };
    }

    /// <summary>The routes of one version of the registry: of all aliases, and of other names as they are asked for.</summary>
    private sealed record Resolved(long Version, Dictionary<string, Route> Aliases)
    {
        private static readonly int s_operations = Enum.GetValues<CallOperation>().Length;

        // One cache for each operation, because the preferred provider of a bare name depends on it.
        private readonly BoundedCache<Route>[] _routes = [.. Enumerable.Range(0, s_operations).Select(_ => new BoundedCache<Route>())];

        public BoundedCache<Route> RoutesOf(CallOperation operation) => _routes[(int)operation];
    }
}
