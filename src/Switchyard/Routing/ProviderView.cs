using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Configuration;
using Switchyard.Limits;
using Switchyard.Models;
using Switchyard.Providers;
using Switchyard.Providers.Http;
using Switchyard.Providers.Registry;
using Switchyard.Targets;

namespace Switchyard.Routing;

/// <summary>
/// The registry as one configuration sees it: without the providers that it no longer names, which stay registered only until the calls
/// on older configurations have ended. Thread-safe.
/// </summary>
/// <param name="registry">The providers that are registered.</param>
/// <param name="lists">The models they list.</param>
/// <param name="states">The states of deployments.</param>
/// <param name="rules">The configuration's rules for all targets.</param>
/// <param name="catalog">The windows and prices of models.</param>
/// <param name="hidden">The names that this configuration no longer has.</param>
/// <param name="disabled">The names that it disables.</param>
/// <param name="tuned">The selection settings of providers that it does not name, by name; null if none.</param>
internal sealed class ProviderView(
    ProviderRegistry registry,
    ModelLists lists,
    DeploymentStates states,
    TargetRules rules,
    ModelCatalog catalog,
    IEnumerable<string> hidden,
    IEnumerable<string> disabled,
    IReadOnlyDictionary<string, ProviderTuning>? tuned = null)
    : IProviderDirectory
{
    private readonly HashSet<string> _hidden = hidden.Concat(SwitchedOff(tuned)).ToHashSet(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _disabled = disabled.Concat(SwitchedOff(tuned)).ToHashSet(StringComparer.OrdinalIgnoreCase);
    private volatile Ranking _ranking = new(-1, []);

    public long Version => registry.Version;

    /// <summary>The limits of its configuration.</summary>
    public LimitTable Limits => rules.Limits;

    /// <summary>The providers that declare their requests per minute.</summary>
    public IEnumerable<(string Provider, int PerMinute)> ProvidersWithLimits => Names
        .Select(name => (name, registry.FindEntry(name)?.Settings?.MaxRequestsPerMinute))
        .Where(pair => pair.MaxRequestsPerMinute is not null)
        .Select(pair => (pair.name, pair.MaxRequestsPerMinute!.Value));

    public IReadOnlyList<string> Names =>
        _hidden.Count == 0 ? registry.List() : [.. registry.List().Where(name => !_hidden.Contains(name))];

    public string? Find(ReadOnlySpan<char> nameOrAlias) =>
        registry.GetRegisteredName(nameOrAlias) is { } name && !_hidden.Contains(name) ? name : null;

    public string? FindConfigured(string model, CallOperation operation) => Preferred(operation, entry => IsConfigured(entry, model));

    public string? FindServing(string model, CallOperation operation) =>
        // A class that is not created yet has only its configured models, so these count whatever the provider reports later.
        Preferred(operation, entry => IsConfigured(entry, model) || entry.Provider?.ServesModel(model) is true);

    public IReadOnlyList<string> FindAllServing(string model, CallOperation operation) =>
    [
        .. CurrentRanking().Providers
            .Where(entry => Serves(entry, operation) && (IsConfigured(entry, model) || entry.Provider?.ServesModel(model) is true))
            .Select(entry => entry.Name),
    ];

    public async ValueTask<ListedProvider> FindListingAsync(string model, CallOperation operation, CancellationToken cancellationToken)
    {
        var asked = await lists.OfAsync(CurrentRanking().Providers.Select(entry => entry.Name), cancellationToken).ConfigureAwait(false);
        var listing = asked.Where(list => list.Find(model) is { ListedBy: not ListedBy.Catalogue }).Select(list => list.Name)
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        return new(
            listing.Count == 0 ? null
                : Preferred(
                    CurrentRanking().Providers.OrderByDescending(PlaceInSearch), operation, entry => listing.Contains(entry.Name)),
            [.. asked.Where(list => !list.Answered).Select(list => list.Name)]);
    }

    public CallError? ExplainUnusable(ReadOnlySpan<char> nameOrAlias)
    {
        var name = registry.NameOf(nameOrAlias);
        // A provider outside the catalogue is in the registry only while it is enabled.
        var written = name is null ? nameOrAlias.Trim() : name.AsSpan();
        return _disabled.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(written, out var disabled) ? Disabled(disabled)
            : name is null ? null
            : registry.Explain(name, available: Names);
    }

    public CallError? ExplainNotServing(string model)
    {
        var broken = registry.FindFailed(failure => !_hidden.Contains(failure.Name) && failure.WouldServe(model));
        return broken is null ? null : registry.Explain(broken.Name);
    }

    public CallError NotFound(string name) => new(
        CallErrorKind.ModelNotFound,
        ProviderMessages.NotFound(
            Sanitizer.Clean(ProviderNames.Normalize(name)), Names, NearNames.Find(ProviderNames.Normalize(name), Names)))
    {
        Param = "provider",
    };

    public IReadOnlyList<string> FailoverFrom(string provider, string model) =>
    [
        .. registry.Catalog.Failover.From(registry.Catalog.Normalize(provider), model)
            .Select(name => Find(name)).OfType<string>().Prepend(provider).Distinct(StringComparer.OrdinalIgnoreCase),
    ];

    public IReadOnlyList<string> Serving(CallOperation operation) =>
        [.. CurrentRanking().Providers.Where(entry => Serves(entry, operation)).Select(entry => entry.Name)];

    public string? DefaultModelOf(string provider)
    {
        foreach (var entry in CurrentRanking().Providers)
        {
            if (string.Equals(entry.Name, provider, StringComparison.OrdinalIgnoreCase))
                return entry.DefaultModel ?? (entry.Provider as ChatClientProvider)?.DefaultModel;
        }

        return null;
    }

    public Deployment[] Deploy(string provider, string model, double weight)
    {
        var entry = registry.FindEntry(provider);
        weight *= TuningOf(provider)?.Weight ?? entry?.Settings?.Weight ?? 1;
        if (entry?.Provider is not IHttpProvider { IsInitialized: true, Endpoint.Credentials: { } credentials })
            return [Deploy(provider, entry, model, credential: 0, account: "", weight, accounts: null)];
        var total = credentials.Sum(credential => credential.Weight);
        AccountState[]? accounts = credentials.Count == 1
            ? null
            : [.. credentials.Select(credential => states.AccountOf(entry.Name, credential.Account))];
        return
        [
            .. credentials.Select((credential, i) =>
                Deploy(provider, entry, model, i, credential.Account, weight * credential.Weight / total, accounts)),
        ];
    }

    /// <summary>The configured price of a provider's model; null if none.</summary>
    public ModelPricing? ConfiguredPriceOf(string provider, string model) => rules.ConfiguredPriceOf(provider, model);

    /// <summary>The number of running attempts at a provider.</summary>
    public int InFlightOf(string provider) => states.InFlightOf(provider);

    /// <summary>The learnt limit of concurrent attempts at a provider (<c>adaptive_concurrency</c>); null if none is learnt.</summary>
    public int? LearntConcurrencyOf(string provider) => registry.FindEntry(provider)?.Settings is { AdaptiveConcurrency: true } settings
        ? states.LearntConcurrencyOf(provider, settings.Concurrency ?? AdaptiveLimit.DefaultMaximum)
        : null;

    public IEnumerable<string> KnownModelNames()
    {
        foreach (var entry in CurrentRanking().Providers)
        {
            foreach (var model in (entry.Provider as HttpProvider)?.KnownModels.Select(known => known.Id) ?? entry.Models)
            {
                yield return model;
                yield return $"{entry.Name}/{model}";
            }
        }
    }

    private static bool IsConfigured(RegisteredProvider entry, string model) =>
        entry.ConfiguredModels.Contains(model, StringComparer.Ordinal);

    /// <summary>The provider of highest priority among those that match, preferring one that serves the operation.</summary>
    private string? Preferred(CallOperation operation, Func<RegisteredProvider, bool> matches) =>
        Preferred(CurrentRanking().Providers, operation, matches);

    private static string? Preferred(
        IEnumerable<RegisteredProvider> providers, CallOperation operation, Func<RegisteredProvider, bool> matches)
    {
        string? first = null;
        foreach (var entry in providers)
        {
            if (!matches(entry))
                continue;
            if (Serves(entry, operation))
                return entry.Name;
            // Returned if no match serves the operation, so that the error can name the missing operation.
            first ??= entry.Name;
        }

        return first;
    }

    /// <summary>
    /// The position of a provider in the search of lists: a user's priority counts as usual; among vendors, those in the catalogue's search
    /// order come first.
    /// </summary>
    private int PlaceInSearch(RegisteredProvider entry)
    {
        if (TuningOf(entry.Name)?.Priority is { } set)
            return set;
        var (catalog, vendor) = (registry.Catalog, entry.Descriptor);
        if (catalog.Find(vendor.Name)?.Priority != vendor.Priority)
            return vendor.Priority;
        for (var i = 0; i < catalog.AutoDetected.Count; i++)
        {
            if (catalog.AutoDetected[i] == vendor.Name)
                return ProviderDescriptor.UserDefinedPriority - 1 - i;
        }

        return vendor.Priority;
    }

    private static CallError Disabled(string name) => new(
        CallErrorKind.Forbidden, ProviderMessages.Disabled(name))
    {
        Provider = name,
    };

    private Deployment Deploy(
        string provider, ProviderEntry? entry, string model, int credential, string account, double weight, AccountState[]? accounts)
    {
        var binding = new ProviderBinding(provider, entry, model, credential);
        var known = catalog.Find(entry?.Descriptor.Name ?? provider, model);
        return new Deployment(binding.Provider, model, binding, states.Get(new(binding.Provider, model, account)), entry?.Health)
        {
            Credential = credential + 1,
            Weight = weight,
            Priority = TuningOf(provider)?.Priority ?? entry?.Settings?.Priority ?? 0,
            Policy = rules.PolicyOf(entry?.Settings, entry?.Descriptor),
            Limits = rules.LimitsOf(binding.Provider, model, entry?.Settings),
            Accounts = accounts,
            ContextWindow = known?.Facts.ContextWindow ?? entry?.Settings?.Facts?.MaxTokensPerRequest,
            MaxOutputTokens = known?.Facts.MaxOutputTokens,
            Price = rules.PriceOf(binding.Provider, model, known, entry?.Settings?.Facts),
            IsPreferred = rules.IsPreferred(binding.Provider),
        };
    }

    private static bool Serves(RegisteredProvider entry, CallOperation operation) => entry.Provider switch
    {
        IHttpProvider { IsInitialized: true } http => http.Endpoint.Serves(operation),
        IChatClientProvider { IsInitialized: true } inProcess => InProcessOperations.Of(inProcess).Contains(operation),
        _ => entry.Descriptor.Operations.Contains(operation),
    };

    private Ranking CurrentRanking()
    {
        var ranking = _ranking;
        var version = registry.Version;
        return ranking.Version == version
            ? ranking
            : _ranking = new(version, [.. Ranked(registry.All.Where(entry => !_hidden.Contains(entry.Name)))]);
    }

    private IEnumerable<RegisteredProvider> Ranked(IEnumerable<RegisteredProvider> providers) => tuned is not { Count: > 0 }
        ? providers
        : providers.OrderByDescending(entry => TuningOf(entry.Name)?.Priority ?? entry.Descriptor.Priority);

    private ProviderTuning? TuningOf(string provider) => tuned?.GetValueOrDefault(provider);

    private static IEnumerable<string> SwitchedOff(IReadOnlyDictionary<string, ProviderTuning>? tuned) =>
        tuned is null ? [] : tuned.Where(provider => provider.Value.Enabled == false).Select(provider => provider.Key);

    /// <summary>The providers by descending priority, as of one version of the registry.</summary>
    private sealed record Ranking(long Version, IReadOnlyList<RegisteredProvider> Providers);
}
