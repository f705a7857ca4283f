using System.Collections.Frozen;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Configuration;
using Switchyard.Targets;

namespace Switchyard.Routing;

/// <summary>
/// Leads from a model name to a route. Aliases are fixed with the configuration; <c>provider/model</c> and bare names are looked up
/// among the providers registered at that moment, so a provider registered at run time is callable at once. Thread-safe.
/// </summary>
internal sealed class RouteTable : IModelResolver
{
    private readonly FrozenDictionary<string, Route> _aliases;
    private readonly IProviderDirectory _providers;
    private readonly string? _defaultProvider;
    private readonly string? _firstAlias;
    private volatile Found _found = new(-1);

    public RouteTable(IReadOnlyDictionary<string, ModelRouteOptions> aliases, IProviderDirectory providers, string? defaultProvider)
    {
        _providers = providers;
        _defaultProvider = defaultProvider;
        _firstAlias = aliases.Keys.FirstOrDefault();
        _aliases = aliases.ToFrozenDictionary(pair => pair.Key, pair => ToRoute(pair.Key, pair.Value), StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The model to ask for when nobody names one: the first alias as written, else the only provider's usual model; null otherwise.</summary>
    public string? DefaultModel => _firstAlias
        ?? (_providers.Names is [var only] && _providers.DefaultModelOf(only) is { } model ? $"{only}/{model}" : null);

    /// <summary>The aliases, in the order of their names.</summary>
    public IEnumerable<Route> Aliases => _aliases.Values.OrderBy(route => route.Alias, StringComparer.Ordinal);

    public Route? Resolve(string model, CallOperation operation, out CallError? error)
    {
        error = null;
        if (_aliases.TryGetValue(model, out var route))
            return route;

        var found = CurrentlyFound();
        var routes = found.RoutesOf(operation);
        if (routes.Find(model) is { } known)
            return known;
        route = Find(model, operation);
        if (route is null)
            error = NotFound(model);
        else
            routes.Add(model, route);
        return route;
    }

    public IReadOnlyList<string> Serving(CallOperation operation) => _providers.Serving(operation);

    private Route? Find(string model, CallOperation operation)
    {
        // "openrouter/anthropic/claude-…" names a provider; "meta-llama/Llama-3" may be a bare name that holds a slash.
        var slash = model.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0 && slash < model.Length - 1 && _providers.Find(model.AsSpan(0, slash)) is { } named)
            return Single(model, named, model[(slash + 1)..]);
        if (slash < 0 && _providers.Find(model) is { } alone && _providers.DefaultModelOf(alone) is { } usual)
            return Single(model, alone, usual);
        if (_providers.FindServing(model, operation) is { } serving)
            return Single(model, serving, model);
        if (_defaultProvider is not null && _providers.Find(_defaultProvider) is { } fallback)
            return Single(model, fallback, model);
        return null;
    }

    /// <summary>What was found holds as long as the same providers are registered.</summary>
    private Found CurrentlyFound()
    {
        var version = _providers.Version;
        var found = _found;
        return found.Version == version ? found : _found = new(version);
    }

    private CallError NotFound(string model)
    {
        var known = _aliases.Keys.Concat(_providers.KnownModelNames());
        var near = NearNames.Find(model, known);
        var hint = near.Count > 0 ? $" Did you mean {string.Join(" or ", near.Select(name => $"'{name}'"))}?"
            : _providers.Names is [var only] ? $" Only the provider '{only}' is enabled: set another provider's key variable, or name one in switchyard.yaml."
            : $" Enabled providers: {string.Join(", ", _providers.Names)}. Ask for an alias, 'provider/model', or a model one of them serves.";
        return new(CallErrorKind.ModelNotFound, $"The model '{Sanitizer.Clean(model)}' does not exist or is not served by an enabled provider.{hint}")
        {
            Param = "model",
        };
    }

    private static Route Single(string alias, string provider, string model) => new(alias, [new([new(provider, model)])]);

    private static Route ToRoute(string alias, ModelRouteOptions options)
    {
        var groups = new List<TargetGroup> { new([.. options.Targets.Select(ToDeployment)]) };
        if (options.Fallback.Count > 0)
            groups.Add(new([.. options.Fallback.Select(ToDeployment)]));
        return new(alias, groups);
    }

    private static Deployment ToDeployment(TargetOptions target)
    {
        var slash = target.Model.IndexOf('/', StringComparison.Ordinal);
        return slash > 0
            ? new(target.Model[..slash].Trim().ToLowerInvariant(), target.Model[(slash + 1)..])
            : throw new ArgumentException($"The target '{target.Model}' is not 'provider/model'.");
    }

    private sealed record Found(long Version)
    {
        private static readonly int s_operations = Enum.GetValues<CallOperation>().Length;

        // One store an operation: who is preferred for a bare name depends on it.
        private readonly BoundedCache<Route>[] _routes = [.. Enumerable.Range(0, s_operations).Select(_ => new BoundedCache<Route>())];

        public BoundedCache<Route> RoutesOf(CallOperation operation) => _routes[(int)operation];
    }
}
