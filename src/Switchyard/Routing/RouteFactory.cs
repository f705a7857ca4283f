using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Configuration;
using Switchyard.Configuration.Binding;
using Switchyard.Routing.Selectors;
using Switchyard.Targets;

namespace Switchyard.Routing;

/// <summary>Makes routes: which deployments, in which groups, and the rules between them. Immutable.</summary>
/// <param name="providers">The providers of the configuration.</param>
/// <param name="routing">The settings for all routes.</param>
/// <param name="refusesUnpriced">Whether only targets with a known price are called (<c>prices.unknown: refuse</c>).</param>
internal sealed class RouteFactory(IProviderDirectory providers, RoutingOptions routing, bool refusesUnpriced)
{
    /// <summary>
    /// Creates the groups of an alias: its targets by the strategy, then each fallback. Targets whose provider is not enabled are skipped;
    /// if none is left the alias fails with a 503: it exists, but no provider of it is available.
    /// </summary>
    public RouteResult OfAlias(string alias, ModelRouteOptions options)
    {
        var targets = options.Targets.Where(IsEnabled).ToList();
        var fallback = options.Fallback.Where(IsEnabled).ToList();
        if (targets.Count + fallback.Count > 0)
            return ToPricedRoute(alias, options, [.. targets.Select(Deploy)], [.. fallback.Select(Deploy)]);
        var route = ToRoute(alias, options, [.. options.Targets.Select(Deploy)], options.Fallback.Select(Deploy));
        return NoneAvailable(alias, options) is { } reason ? RouteResult.Unusable(route, reason) : route;
    }

    /// <summary>A route to one provider, and with <c>routing.failover</c> to its substitutes, whose model has the same id.</summary>
    public RouteResult ToProvider(string name, string provider, string model)
    {
        var chain = routing.Failover ? providers.FailoverFrom(provider, model) : [provider];
        var members = chain.Select(member => providers.Deploy(member, model, weight: 1)).ToList();
        var groups = Priced(members).Select(Group).ToArray();
        return groups.Length == 0 ? Unpriced(members)
            // A provider of the chain may lack the model.
            : new Route(name, groups) { Rules = RulesOf(null) with { OnModelNotFound = groups.Length > 1 } };
    }

    /// <summary>A route for a bare name that several providers serve: all are targets, by <c>routing.strategy</c>.</summary>
    public RouteResult ToAll(string model, IReadOnlyList<string> serving)
    {
        var all = serving.Select(provider => providers.Deploy(provider, model, weight: 1)).ToList();
        var deployed = Priced(all).OrderByDescending(target => target[0].IsPreferred).ToList();
        if (deployed.Count == 0)
            return Unpriced(all);
        return new Route(model, GroupsOf(deployed, routing.Strategy, SelectedOf(null)))
        {
            Strategy = routing.Strategy,
            Rules = RulesOf(null),
        };
    }

    /// <summary>A route to any of some targets, by <c>routing.strategy</c>.</summary>
    public Route ToBest(string name, List<Deployment[]> targets, CallOperation operation)
    {
        var ranking = providers.Serving(operation).ToList();
        targets =
        [
            .. targets.OrderByDescending(target => target[0].IsPreferred)
                // One that does not serve the operation has no rank, and comes last.
                .ThenBy(target => (uint)ranking.FindIndex(
                    ranked => ranked.Equals(target[0].Provider, StringComparison.OrdinalIgnoreCase))),
        ];
        return new Route(name, GroupsOf(targets, routing.Strategy, SelectedOf(null)))
        {
            Strategy = routing.Strategy,
            Rules = RulesOf(null) with { OnModelNotFound = targets.Count > 1 },
        };
    }

    /// <summary>A route to one target, <c>provider/model</c>; null if its provider is not enabled, or its price is not known.</summary>
    public Route? ToTarget(string target)
    {
        var options = new TargetOptions { Model = target };
        return IsEnabled(options) && Priced([Deploy(options)]).FirstOrDefault() is { } deployed ? new Route(target, Group(deployed)) : null;
    }

    /// <summary>The deployments of a provider's model, one for each credential; none if the provider is not enabled.</summary>
    public Deployment[] DeploymentsAt(string provider, string model)
    {
        var options = new TargetOptions { Model = $"{provider}/{model}" };
        return IsEnabled(options) ? Deploy(options) : [];
    }

    /// <summary>The targets that may be called: with <c>prices.unknown: refuse</c> those whose price is known.</summary>
    private IEnumerable<Deployment[]> Priced(IEnumerable<Deployment[]> targets) =>
        refusesUnpriced ? targets.Where(target => target[0].Price is { IsKnown: true }) : targets;

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

    /// <summary>The error of an alias without an enabled target; null if the reason is not known.</summary>
    private CallError? NoneAvailable(string alias, ModelRouteOptions options)
    {
        var names = options.Targets.Concat(options.Fallback).Select(ProviderOf).Distinct(StringComparer.Ordinal).ToList();
        return names.Select(name => providers.ExplainUnusable(name)).FirstOrDefault(reason => reason is not null) is { } first
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
        var strategy = options.Strategy ?? routing.Strategy;
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
    private string? SelectedOf(ModelRouteOptions? alias) => (alias?.Selected ?? routing.Selected) is { } written
        ? TargetNames.ProviderOrTarget(written, name => providers.Find(name) ?? name)
        : null;

    private RouteRules RulesOf(ModelRouteOptions? alias) => new()
    {
        MaxFallbacks = routing.Fallback ? routing.MaxFallbacks : 0,
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
        return providers.Find(name) is not null || providers.ExplainUnusable(name) is { Kind: CallErrorKind.ProviderUnavailable };
    }

    private static string ProviderOf(TargetOptions target)
    {
        var slash = target.Model.IndexOf('/', StringComparison.Ordinal);
        return slash > 0
            ? target.Model[..slash].Trim().ToLowerInvariant()
            : throw new ArgumentException($"The target '{target.Model}' is not 'provider/model'.");
    }

    private Deployment[] Deploy(TargetOptions target) => providers.Deploy(
        ProviderOf(target), target.Model[(target.Model.IndexOf('/', StringComparison.Ordinal) + 1)..], target.Weight);

    private static TargetGroup Group(Deployment[] deployments) =>
        new(deployments.Length > 1 ? WeightedSelector.Instance : PrioritySelector.Instance, deployments);
}
