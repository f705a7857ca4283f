using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Configuration;
using Switchyard.Configuration.Binding;
using Switchyard.Providers;
using Switchyard.Providers.Registry;
using Switchyard.Routing.Selectors;
using Switchyard.Targets;

namespace Switchyard.Routing;

/// <summary>
/// Resolves model names to routes, whose deployments refer to their provider directly. Routes are cached until the registry changes, so a
/// provider registered at run time can be called at once. Thread-safe.
/// </summary>
internal sealed class RouteTable : IModelResolver
{
    private readonly IReadOnlyDictionary<string, ModelRouteOptions> _aliases;
    private readonly IProviderDirectory _providers;
    private readonly RoutingOptions _routing;
    private readonly string? _defaultProvider;
    private readonly bool _refusesUnpriced;
    private volatile Resolved _resolved;

    public RouteTable(
        IReadOnlyDictionary<string, ModelRouteOptions> aliases,
        IProviderDirectory providers,
        string? defaultProvider,
        RoutingOptions? routing = null,
        PricesOptions? prices = null)
    {
        _refusesUnpriced = prices?.Unknown == "refuse";
        _aliases = aliases;
        _providers = providers;
        _routing = routing ?? new();
        _defaultProvider = defaultProvider;
        _resolved = Resolve(providers.Version);
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
        var route = ToBest(name, usable, operation);
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

    public Route? FindTarget(string target)
    {
        var options = new TargetOptions { Model = target };
        return IsEnabled(options) && Priced([Deploy(options)]).FirstOrDefault() is { } deployed ? new Route(target, Group(deployed)) : null;
    }

    public IReadOnlyList<Deployment> DeploymentsAt(string provider, string model)
    {
        var options = new TargetOptions { Model = $"{provider}/{model}" };
        return IsEnabled(options) ? Deploy(options) : [];
    }

    /// <summary>Resolves a name without a request; null if that is not possible.</summary>
    private RouteResult? Find(string model, CallOperation operation)
    {
        if (FindNamed(model, operation) is { } named)
            return named;
        if (_providers.FindServing(model, operation) is { } serving)
        {
            var all = _providers.FindAllServing(model, operation);
            return all.Count > 1 ? RouteToAll(model, all) : RouteTo(model, serving, model);
        }

        // If it is the only provider, no list can change the result.
        if (model.Length > 0 && _defaultProvider is not null && _providers.Names is [var only] && _providers.Find(_defaultProvider) == only)
            return RouteTo(model, only, model);
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
                return RouteTo(model, configured, model);
            return reason;
        }

        if (slash > 0)
            return RouteTo(model, provider, model[(slash + 1)..]);
        if (_providers.DefaultModelOf(provider) is { } usual)
            return RouteTo(model, provider, usual);
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
        var found = RouteTo(model, provider, model);
        if (listing.Silent.Count == 0 && found.Route is { } route)
            routes.Add(model, route);
        return found;
    }

    /// <summary>A route to one provider, and with <c>routing.failover</c> to its substitutes, whose model has the same id.</summary>
    private RouteResult RouteTo(string name, string provider, string model)
    {
        var chain = _routing.Failover ? _providers.FailoverFrom(provider, model) : [provider];
        var members = chain.Select(member => _providers.Deploy(member, model, weight: 1)).ToList();
        var groups = Priced(members).Select(Group).ToArray();
        return groups.Length == 0 ? Unpriced(members)
            // A provider of the chain may lack the model.
            : new Route(name, groups) { Rules = RulesOf(null) with { OnModelNotFound = groups.Length > 1 } };
    }

    /// <summary>A route for a bare name that several providers serve: all are targets, by <c>routing.strategy</c>.</summary>
    private RouteResult RouteToAll(string model, IReadOnlyList<string> providers)
    {
        var all = providers.Select(provider => _providers.Deploy(provider, model, weight: 1)).ToList();
        var deployed = Priced(all).OrderByDescending(target => target[0].IsPreferred).ToList();
        if (deployed.Count == 0)
            return Unpriced(all);
        return new Route(model, GroupsOf(deployed, _routing.Strategy, SelectedOf(null)))
        {
            Strategy = _routing.Strategy,
            Rules = RulesOf(null),
        };
    }

    /// <summary>A route to any of some targets, by <c>routing.strategy</c>.</summary>
    private Route ToBest(string name, List<Deployment[]> targets, CallOperation operation)
    {
        var ranking = _providers.Serving(operation).ToList();
        targets =
        [
            .. targets.OrderByDescending(target => target[0].IsPreferred)
                // One that does not serve the operation has no rank, and comes last.
                .ThenBy(target => (uint)ranking.FindIndex(
                    ranked => ranked.Equals(target[0].Provider, StringComparison.OrdinalIgnoreCase))),
        ];
        return new Route(name, GroupsOf(targets, _routing.Strategy, SelectedOf(null)))
        {
            Strategy = _routing.Strategy,
            Rules = RulesOf(null) with { OnModelNotFound = targets.Count > 1 },
        };
    }

    /// <summary>The targets that may be called: with <c>prices.unknown: refuse</c> those whose price is known.</summary>
    private IEnumerable<Deployment[]> Priced(IEnumerable<Deployment[]> targets) =>
        _refusesUnpriced ? targets.Where(target => target[0].Price is { IsKnown: true }) : targets;

    private static CallError Unpriced(List<Deployment[]> targets)
    {
        var name = Sanitizer.Clean($"{targets[0][0].Provider}/{targets[0][0].Model}");
        return new(
            CallErrorKind.InvalidRequest,
            $"The price of {name} is not known, and calls without a price are refused here (prices.unknown: refuse). "
                + $"Name its price: prices: {{ \"{name}\": {{ input: …, output: … }} }}.")
        {
            Param = "model",
            Code = "price_unknown",
        };
    }

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
    /// Creates the groups of an alias: its targets by the strategy, then each fallback. Targets whose provider is not enabled are skipped;
    /// if none is left the alias fails with a 503: it exists, but no provider of it is available.
    /// </summary>
    private RouteResult ToRoute(string alias, ModelRouteOptions options)
    {
        var targets = options.Targets.Where(IsEnabled).ToList();
        var fallback = options.Fallback.Where(IsEnabled).ToList();
        if (targets.Count + fallback.Count > 0)
            return ToPricedRoute(alias, options, [.. targets.Select(Deploy)], [.. fallback.Select(Deploy)]);
        var route = ToRoute(alias, options, [.. options.Targets.Select(Deploy)], options.Fallback.Select(Deploy));
        return NoneAvailable(alias, options) is { } reason ? RouteResult.Unusable(route, reason) : route;
    }

    /// <summary>The error of an alias without an enabled target; null if the reason is not known.</summary>
    private CallError? NoneAvailable(string alias, ModelRouteOptions options)
    {
        var names = options.Targets.Concat(options.Fallback).Select(ProviderOf).Distinct(StringComparer.Ordinal).ToList();
        return names.Select(name => _providers.ExplainUnusable(name)).FirstOrDefault(reason => reason is not null) is { } first
            ? new CallError(
                CallErrorKind.ProviderUnavailable,
                $"No inference providers available for '{alias}' ({string.Join(", ", names)}). {first.Message}")
            : null;
    }

    private RouteResult ToPricedRoute(
        string alias, ModelRouteOptions options, List<Deployment[]> targets, List<Deployment[]> fallback)
    {
        var (affordable, behind) = (Priced(targets).ToList(), Priced(fallback).ToList());
        return affordable.Count + behind.Count > 0
            ? ToRoute(alias, options, affordable, behind)
            : RouteResult.Unusable(ToRoute(alias, options, targets, fallback), Unpriced([.. targets, .. fallback]));
    }

    private Route ToRoute(string alias, ModelRouteOptions options, List<Deployment[]> deployed, IEnumerable<Deployment[]> fallback)
    {
        var strategy = options.Strategy ?? _routing.Strategy;
        if (strategy == Strategies.Priority)
            deployed = [.. deployed.OrderByDescending(target => target[0].IsPreferred).ThenByDescending(target => target[0].Priority)];
        return new(
            alias,
            [.. GroupsOf(deployed, strategy, SelectedOf(options)), .. fallback.Select(Group)])
        {
            Strategy = strategy,
            Rules = RulesOf(options),
        };
    }

    /// <summary>
    /// The groups of targets by a strategy. With <c>priority</c> each target is a group, in which the credentials of its provider share the
    /// calls; with any other all targets are one group.
    /// </summary>
    private static TargetGroup[] GroupsOf(List<Deployment[]> targets, string strategy, string? selected) =>
        targets.Count == 0 ? []
        : targets.Count == 1 || strategy == Strategies.Priority ? [.. targets.Select(Group)]
        : [new(Strategies.Selector(strategy, selected), [.. targets.SelectMany(target => target)])];

    /// <summary>The selection of <c>manual</c>, with its provider's registered name.</summary>
    private string? SelectedOf(ModelRouteOptions? alias) => (alias?.Selected ?? _routing.Selected) is { } written
        ? TargetNames.ProviderOrTarget(written, name => _providers.Find(name) ?? name)
        : null;

    private RouteRules RulesOf(ModelRouteOptions? alias) => new()
    {
        MaxFallbacks = _routing.Fallback ? _routing.MaxFallbacks : 0,
        OnContextLength = alias?.FallBackOn.Contains("context_length", StringComparer.Ordinal) is true,
        OnContentPolicy = alias?.FallBackOn.Contains("content_policy", StringComparer.Ordinal) is true,
        OnModelNotFound = alias?.FallBackOn.Contains("model_not_found", StringComparer.Ordinal) is true,
        Retries = alias?.Retries is { } retries and not { RateLimit: null, Timeout: null, Server: null }
            ? new(retries.RateLimit, retries.Timeout, retries.Server)
            : null,
        Continues = alias?.Continuation is true,
        Hedge = HedgeOf(alias?.Hedge),
        Hold = alias?.Buffer is { } buffer ? new(buffer.Chunks, buffer.Time ?? HoldRule.Longest) : null,
    };

    private static HedgeRule? HedgeOf(HedgeOptions? options) =>
        options is not null && HedgeDelayText.TryParse(options.After, out var after, out var percentile)
            ? new(after, percentile, options.Max)
            : null;

    /// <summary>Whether a target's provider is registered, or failed to load: it may work later, and a call reports its failure.</summary>
    private bool IsEnabled(TargetOptions target)
    {
        var name = ProviderOf(target);
        return _providers.Find(name) is not null || _providers.ExplainUnusable(name) is { Kind: CallErrorKind.ProviderUnavailable };
    }

    private static string ProviderOf(TargetOptions target)
    {
        var slash = target.Model.IndexOf('/', StringComparison.Ordinal);
        return slash > 0
            ? target.Model[..slash].Trim().ToLowerInvariant()
            : throw new ArgumentException($"The target '{target.Model}' is not 'provider/model'.");
    }

    private Deployment[] Deploy(TargetOptions target) => _providers.Deploy(
        ProviderOf(target), target.Model[(target.Model.IndexOf('/', StringComparison.Ordinal) + 1)..], target.Weight);

    private static TargetGroup Group(Deployment[] deployments) =>
        new(deployments.Length > 1 ? WeightedSelector.Instance : PrioritySelector.Instance, deployments);

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

    /// <summary>The routes of one version of the registry: of all aliases, and of other names on demand.</summary>
    private sealed record Resolved(long Version, Dictionary<string, RouteResult> Aliases)
    {
        private static readonly int s_operations = Enum.GetValues<CallOperation>().Length;

        // One cache for each operation, because the preferred provider of a bare name depends on it.
        private readonly BoundedCache<Route>[] _routes = [.. Enumerable.Range(0, s_operations).Select(_ => new BoundedCache<Route>())];

        /// <summary>The routes to the best of several targets. Separate, because a client may ask for any text as a model's name.</summary>
        public BoundedCache<Route> Among { get; } = new();

        public BoundedCache<Route> RoutesOf(CallOperation operation) => _routes[(int)operation];
    }
}
