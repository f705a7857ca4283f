using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Identity;
using Switchyard.Models;
using Switchyard.Providers;
using Switchyard.Providers.Http;
using Switchyard.Providers.Registry;
using Switchyard.Targets;

namespace Switchyard.Listing;

/// <summary>
/// The models a client may ask for: aliases, and every registered provider's models, with their source and the catalogue's facts.
/// Providers are queried in parallel and their lists cached; an old list is still returned while it is renewed in the background. For a
/// provider that does not answer, its last list is returned, else the models known without a request. Thread-safe.
/// </summary>
public sealed class ModelDirectory
{
    /// <summary>How long a provider's list is fresh: 10 minutes. An older one is still returned, while it is renewed.</summary>
    public static readonly TimeSpan MaxAge = ModelLists.MaxAge;

    /// <summary>When a provider that did not answer is queried again: after 30 seconds.</summary>
    public static readonly TimeSpan RetryAfter = ModelLists.RetryAfter;

    private readonly ProviderRegistry _registry;
    private readonly ModelLists _lists;
    private readonly ModelCatalog _catalog;
    private readonly IListingSource _source;

    internal ModelDirectory(ProviderRegistry registry, ModelLists lists, ModelCatalog catalog, IListingSource source)
    {
        _registry = registry;
        _lists = lists;
        _catalog = catalog;
        _source = source;
    }

    /// <summary>
    /// Aliases first, then <c>provider/model</c>, each sorted, each once. A provider that fails does not affect the others' models.
    /// </summary>
    public ValueTask<IReadOnlyList<ListedModel>> ListAsync(CancellationToken cancellationToken) =>
        ListAsync(includeCatalogue: false, cancellationToken);

    /// <summary>As <see cref="ListAsync(CancellationToken)"/>, optionally with the models that only the catalogue names.</summary>
    /// <param name="includeCatalogue">
    /// Whether to add models of the catalogue that their providers do not list. For a provider that lists none or did not answer they are
    /// returned in any case.
    /// </param>
    /// <param name="cancellationToken">Ends the caller's wait, not the query, which other callers may share.</param>
    public async ValueTask<IReadOnlyList<ListedModel>> ListAsync(bool includeCatalogue, CancellationToken cancellationToken)
    {
        var now = _source.Current;
        _lists.KeepOnly(now.ProviderNames);
        var lists = await _lists.OfAsync(now.ProviderNames, cancellationToken).ConfigureAwait(false);
        var models = lists.SelectMany(list => ModelsOf(list, includeCatalogue).Select(model => Describe(now, list, model)))
            .OrderBy(model => model.Id, StringComparer.Ordinal);
        return [.. now.Aliases.Select(alias => Describe(now, alias, ListOf(alias, lists), isAlias: true)), .. models];
    }

    /// <summary>As <see cref="ListAsync(bool, CancellationToken)"/>, without the models that a caller may not call.</summary>
    public async ValueTask<IReadOnlyList<ListedModel>> ListAsync(
        Caller caller, bool includeCatalogue, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(caller);
        var models = await ListAsync(includeCatalogue, cancellationToken).ConfigureAwait(false);
        return AccessRules.Of(caller) is not { } rules ? models : [.. models.Where(model => rules.Allows(model.Id, NamesOf(model)))];

        // A model may be allowed by its bare name too.
        static IReadOnlyList<string> NamesOf(ListedModel model) => model.IsAlias ? model.Targets : [model.Model];
    }

    /// <summary>As <see cref="GetAsync(string, CancellationToken)"/>, only for a model that the caller may call.</summary>
    /// <exception cref="CallException">There is no such model, or the caller may not call it.</exception>
    public ValueTask<ListedModel> GetAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(caller);
        // A key for embeddings may see its embedding models.
        return GetAsync(id, route => AccessRules.Apply(caller, operation: null, route), cancellationToken);
    }

    /// <summary>
    /// The entry of a name that a call may use: an alias, <c>provider/model</c>, or a bare model name. Queries the provider it resolves
    /// to, unless that provider's list is cached.
    /// </summary>
    /// <exception cref="CallException">The name resolves to no model (<see cref="CallErrorKind.ModelNotFound"/>).</exception>
    public ValueTask<ListedModel> GetAsync(string id, CancellationToken cancellationToken) =>
        GetAsync(id, static route => route, cancellationToken);

    private async ValueTask<ListedModel> GetAsync(string id, Func<Route, RouteResult> allow, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(id);
        var now = _source.Current;
        var found = await now.Routes.ResolveAsync(id, CallOperation.Chat, cancellationToken).ConfigureAwait(false);
        found = found.Route is { } resolved ? allow(resolved) : found;
        var route = found.Route ?? throw found.Error!.ToException();
        var list = await _lists.OfAsync(route.Groups[0].Deployments[0].Provider, cancellationToken).ConfigureAwait(false);
        return Describe(now, route, list, now.Aliases.Any(alias => alias.Alias == route.Alias));
    }

    /// <summary>
    /// Whether a name resolves to a model of its provider's list, including configured models, or to one of the catalogue's for that
    /// provider.
    /// </summary>
    public async ValueTask<bool> ValidateAsync(string id, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(id);
        var found = await _source.Current.Routes.ResolveAsync(id, CallOperation.Chat, cancellationToken).ConfigureAwait(false);
        if (found.Route is not { } route)
            return false;
        var target = route.Groups[0].Deployments[0];
        var list = await _lists.OfAsync(target.Provider, cancellationToken).ConfigureAwait(false);
        return list.Find(target.Model) is not null || InfoOf(target) is { TakenFrom: null };
    }

    /// <summary>The operations a model supports.</summary>
    public IReadOnlyList<CallOperation> OperationsOf(ListedModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        _registry.TryGet(model.Provider, out var provider);
        return ModelOperations.Of(provider, model);
    }

    private IEnumerable<ProviderModel> ModelsOf(ModelList list, bool includeCatalogue) =>
        includeCatalogue || !list.Answered || list.Provider is HttpProvider { Descriptor.ModelsPath: null }
            ? list.Models.Concat(InCatalogue(list)).DistinctBy(model => model.Id, StringComparer.Ordinal)
            : list.Models;

    /// <summary>The models that the catalogue has of a provider. Deprecated ones are left out.</summary>
    private IEnumerable<ProviderModel> InCatalogue(ModelList list) => list.Provider is not HttpProvider http
        ? []
        : http.KnownModels.Concat(_catalog.List(http.Descriptor.Name)
            .Where(model => model.Status != "deprecated" && model.InputModalities.Count > 0)
            .Select(model => new ProviderModel { Id = model.Id, Name = model.Name, Provider = list.Name, ListedBy = ListedBy.Catalogue }));

    private ListedModel Describe(IListing now, ModelList list, ProviderModel model)
    {
        var info = InfoOf(list.Name, list.Provider, model.Id);
        return new ListedModel
        {
            Id = $"{list.Name}/{model.Id}",
            OwnedBy = model.OwnedBy ?? list.Name,
            Created = model.Created,
            Name = model.Name != model.Id ? model.Name : info?.Name ?? model.Id,
            Provider = list.Name,
            Model = model.Id,
            ListedBy = model.ListedBy,
            ReportedContextWindow = model.Capabilities.MaxContextTokens,
            StatedCapabilities = info is null && model.ListedBy == ListedBy.Provider && StatesCapabilities(list.Provider)
                ? model.Capabilities
                : null,
            ConfiguredPrice = now.ConfiguredPriceOf(list.Name, model.Id),
            Info = info,
        };
    }

    /// <summary>Whether a provider's class states what its listed models can do. These two guess it from the models' names.</summary>
    private static bool StatesCapabilities(IProvider? provider) => provider is not (null or HttpProvider or ChatClientProvider);

    private static ModelList? ListOf(Route route, IEnumerable<ModelList> lists) =>
        lists.FirstOrDefault(list => string.Equals(list.Name, route.Groups[0].Deployments[0].Provider, StringComparison.OrdinalIgnoreCase));

    private ListedModel Describe(IListing now, Route route, ModelList? list, bool isAlias)
    {
        var target = route.Groups[0].Deployments[0];
        var listed = list?.Find(target.Model) is { } model
            ? Describe(now, list, model)
            : new ListedModel
            {
                Id = route.Alias,
                OwnedBy = target.Provider,
                Provider = target.Provider,
                Model = target.Model,
                ListedBy = ListedBy.Catalogue,
                ConfiguredPrice = now.ConfiguredPriceOf(target.Provider, target.Model),
                Info = InfoOf(target),
            };
        var targets = route.Groups.SelectMany(group => group.Deployments).Select(deployment => $"{deployment.Provider}/{deployment.Model}");
        return listed with
        {
            Id = route.Alias,
            Name = isAlias ? route.Alias : listed.Name,
            OwnedBy = isAlias ? "switchyard" : listed.OwnedBy,
            ListedBy = isAlias ? ListedBy.Configuration : listed.ListedBy,
            Targets = isAlias ? [.. targets] : [],
        };
    }

    /// <summary>The catalogue's entry for a deployment's model; null if it has none.</summary>
    internal static ModelInfo? InfoOf(ProviderRegistry registry, ModelCatalog catalog, Deployment target)
    {
        registry.TryGet(target.Provider, out var provider);
        return InfoOf(catalog, target.Provider, provider, target.Model);
    }

    private ModelInfo? InfoOf(Deployment target) => InfoOf(_registry, _catalog, target);

    private ModelInfo? InfoOf(string name, IProvider? provider, string model) => InfoOf(_catalog, name, provider, model);

    // An in-process client is looked up only under its own name: a model name equal to a vendor's does not mean the same model.
    private static ModelInfo? InfoOf(ModelCatalog catalog, string name, IProvider? provider, string model) =>
        provider is HttpProvider http ? catalog.Find(http.Descriptor.Name, model) : catalog.FindListed(name, model);
}
