using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Configuration;
using Switchyard.Providers;
using Switchyard.Providers.Registry;
using Switchyard.Targets;

namespace Switchyard.Routing;

/// <summary>
/// Resolves model names to routes, which <see cref="RouteFactory"/> makes. Routes are cached until the registry changes, so a provider
/// registered at run time can be called at once. Thread-safe.
/// </summary>
internal sealed class RouteTable : IModelResolver
{
    private readonly IReadOnlyDictionary<string, ModelRouteOptions> _aliases;
    private readonly IProviderDirectory _providers;
    private readonly RouteFactory _routes;
    private readonly string? _defaultProvider;

    // The same routes, targets without a price included; null if such targets are not refused.
    private readonly RouteTable? _free;
    private volatile ResolvedRoutes _resolved;

    public RouteTable(
        IReadOnlyDictionary<string, ModelRouteOptions> aliases,
        IProviderDirectory providers,
        string? defaultProvider,
        RoutingOptions? routing = null,
        PricesOptions? prices = null)
    {
        var refusesUnpriced = prices?.Unknown == "refuse";
        _aliases = aliases;
        _providers = providers;
        _routes = new RouteFactory(providers, routing ?? new(), refusesUnpriced);
        _defaultProvider = defaultProvider;
        _resolved = Resolve(providers.Version);
        if (refusesUnpriced)
            _free = new RouteTable(aliases, providers, defaultProvider, routing);
    }

    /// <summary>
    /// The model of a request that names none: the first alias in the configuration, else the default model of the only provider; null
    /// otherwise.
    /// </summary>
    public string? DefaultModel => _aliases.Keys.FirstOrDefault()
        ?? (_providers.Names is [var only] && _providers.DefaultModelOf(only) is { } model ? $"{only}/{model}" : null);

    /// <summary>The routes of the aliases, sorted by alias.</summary>
    public IEnumerable<Route> Aliases =>
        Current().Aliases.Values.Select(found => found.Route!).OrderBy(route => route.Alias, StringComparer.Ordinal);

    /// <summary>Whether a name is a provider's, usable or not, and not an alias.</summary>
    public bool IsProvider(string name) =>
        !_aliases.ContainsKey(name) && (_providers.Find(name) is not null || _providers.ExplainUnusable(name) is not null);

    public ValueTask<RouteResult> ResolveAsync(string model, CallOperation operation, CancellationToken cancellationToken)
    {
        // Counting a prompt's tokens costs nothing, with or without a price.
        if (_free is not null && operation == CallOperation.CountTokens)
            return _free.ResolveAsync(model, operation, cancellationToken);
        var resolved = Current();
        if (resolved.Aliases.TryGetValue(model, out var alias))
            return new(alias);
        var routes = resolved.RoutesOf(operation);
        if (routes.Find(model) is { } known)
            return new(known);
        if (ModelNames.IsTooLong(model))
            return new(ModelNames.TooLong());
        if (Find(model, operation) is not { } found)
            return FindListedAsync(model, operation, routes, cancellationToken);
        if (found.Route is { } route)
            routes.Add(model, route);
        return new(found);
    }

    public RouteResult ResolveAmong(string name, IReadOnlyList<string> targets, CallOperation operation)
    {
        if (_free is not null && operation == CallOperation.CountTokens)
            return _free.ResolveAmong(name, targets, operation);
        var routes = Current().Among;
        var key = $"{operation}\n{targets.Count}\n{string.Join('\n', targets)}\n{name}";
        if (routes.Find(key) is { } known)
            return known;
        CallError? reason = null;
        var usable = new List<Deployment[]>();
        foreach (var target in targets)
        {
            var found = FindNamed(target, operation) ?? NotFound(target, []);
            // The target itself; routing.failover would add others behind it.
            if (found.Route is { } own)
                usable.Add([.. own.Groups[0].Deployments]);
            else
                reason ??= found.Error;
        }

        if (usable.Count == 0)
            return reason ?? NotFound(name, []);
        var route = _routes.ToBest(name, usable, operation);
        routes.Add(key, route);
        return route;
    }

    public CallError? ExplainProvider(string provider, string model)
    {
        // An alias of the same name may exist, which replaces the provider.
        if (_providers.Find(provider) is not null || (provider == model && _aliases.ContainsKey(provider)))
            return null;
        return !ProviderNames.IsValid(provider.Trim()) && !ProviderVersions.IsVersioned(provider.Trim())
            ? new CallError(CallErrorKind.InvalidRequest, "Requested provider is invalid") { Param = "provider" }
            : _providers.ExplainUnusable(provider) ?? _providers.NotFound(provider);
    }

    public IReadOnlyList<string> Serving(CallOperation operation) => _providers.Serving(operation);

    public Route? FindTarget(string target) => _routes.ToTarget(target);

    public IReadOnlyList<Deployment> DeploymentsAt(string provider, string model) => _routes.DeploymentsAt(provider, model);

    /// <summary>Resolves a name without a request; null if that is not possible.</summary>
    private RouteResult? Find(string model, CallOperation operation)
    {
        if (FindNamed(model, operation) is { } named)
            return named;
        if (_providers.FindServing(model, operation) is { } serving)
        {
            var all = _providers.FindAllServing(model, operation);
            return all.Count > 1 ? _routes.ToAll(model, all) : _routes.ToProvider(model, serving, model);
        }

        // If it is the only provider, no list can change the result.
        if (model.Length > 0 && _defaultProvider is not null && _providers.Names is [var only] && _providers.Find(_defaultProvider) == only)
            return _routes.ToProvider(model, only, model);
        return null;
    }

    /// <summary>
    /// Resolves a name that is, or begins with, a provider's name: to that provider, or to the reason why it cannot be used. Null if the
    /// name contains no provider's name: "meta-llama/Llama-3" may be a bare model name. Only the configuration can assign a vendor's name
    /// to another provider: if the vendor cannot be used, and the exact name is among the <c>models</c> of a provider.
    /// </summary>
    private RouteResult? FindNamed(string model, CallOperation operation)
    {
        var slash = model.IndexOf('/', StringComparison.Ordinal);
        if (slash == 0 || slash == model.Length - 1)
            return null;
        var name = slash < 0 ? model : model.AsSpan(0, slash);
        if (_providers.Find(name) is not { } provider)
        {
            if (_providers.ExplainUnusable(name) is not { } reason)
                return null;
            if (_providers.FindConfigured(model, operation) is { } configured)
                return _routes.ToProvider(model, configured, model);
            return reason;
        }

        if (slash > 0)
            return _routes.ToProvider(model, provider, model[(slash + 1)..]);
        if (_providers.DefaultModelOf(provider) is { } usual)
            return _routes.ToProvider(model, provider, usual);
        return new CallError(
            CallErrorKind.ModelNotFound,
            $"Provider '{provider}' is enabled, but no model of it is known: ask for '{provider}/model', "
                + $"or set providers.{provider}.default_model.")
        {
            Param = "model",
        };
    }

    /// <summary>
    /// Resolves a bare name that no provider is known to serve: to the provider that lists it, else to the default one. The route is cached
    /// only if every provider answered, so that a silent provider gets its models once it answers.
    /// </summary>
    private async ValueTask<RouteResult> FindListedAsync(
        string model, CallOperation operation, BoundedCache<Route> routes, CancellationToken cancellationToken)
    {
        if (model.Length == 0)
            return NotFound(model, []);
        if (_defaultProvider is null && _providers.ExplainNotServing(model) is { } reason)
            return reason;
        var listing = await _providers.FindListingAsync(model, operation, cancellationToken).ConfigureAwait(false);
        if ((listing.Name ?? (_defaultProvider is null ? null : _providers.Find(_defaultProvider))) is not { } provider)
            return (_defaultProvider is null ? null : _providers.ExplainUnusable(_defaultProvider)) ?? NotFound(model, listing.Silent);
        var found = _routes.ToProvider(model, provider, model);
        if (listing.Silent.Count == 0 && found.Route is { } route)
            routes.Add(model, route);
        return found;
    }

    private ResolvedRoutes Current()
    {
        var resolved = _resolved;
        var version = _providers.Version;
        return resolved.Version == version ? resolved : _resolved = Resolve(version);
    }

    private ResolvedRoutes Resolve(long version) => new(
        version,
        _aliases.ToDictionary(pair => pair.Key, pair => _routes.OfAlias(pair.Key, pair.Value), StringComparer.OrdinalIgnoreCase));

    private CallError NotFound(string model, IReadOnlyList<string> silent)
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
        var unknown = silent.Count > 0 ? $" Not asked, because they did not list their models: {string.Join(", ", silent)}." : "";
        return new(
            CallErrorKind.ModelNotFound,
            $"The model '{Sanitizer.Clean(model)}' does not exist or is not served by an enabled provider.{hint}{unknown}")
        {
            Param = "model",
        };
    }
}
