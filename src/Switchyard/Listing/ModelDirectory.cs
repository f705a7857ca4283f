using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Models;
using Switchyard.Providers;
using Switchyard.Providers.Http;
using Switchyard.Providers.Registry;
using Switchyard.Targets;

namespace Switchyard.Listing;

/// <summary>
/// The models a client may ask for: aliases, and every registered provider's models, with what the catalogue knows of them. Providers are
/// queried in parallel and their lists cached; an old list is still returned while it is renewed in the background. For a provider that
/// does not answer its last list is returned, else the models known without a request. Thread-safe.
/// </summary>
public sealed partial class ModelDirectory
{
    /// <summary>How long a provider's list is fresh: 10 minutes. An older one is still returned, while it is renewed.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(10);

    /// <summary>When a provider that did not answer is queried again: after 30 seconds.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(5);

    private readonly ProviderRegistry _registry;
    private readonly ModelCatalog _catalog;
    private readonly IListingSource _source;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<string, KeptList> _kept = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, Lazy<Task<KeptList>>> _asking = new(StringComparer.OrdinalIgnoreCase);

    internal ModelDirectory(ProviderRegistry registry, ModelCatalog catalog, IListingSource source, TimeProvider time, ILogger logger)
    {
        _registry = registry;
        _catalog = catalog;
        _source = source;
        _time = time;
        _logger = logger;
    }

    /// <summary>
    /// Aliases first, then <c>provider/model</c>, each sorted, each once. A provider that fails does not affect the others' models.
    /// </summary>
    public async ValueTask<IReadOnlyList<ListedModel>> ListAsync(CancellationToken cancellationToken)
    {
        var now = _source.Current;
        var providers = now.ProviderNames;
        foreach (var gone in _kept.Keys.Except(providers, StringComparer.OrdinalIgnoreCase))
            _kept.TryRemove(gone, out _);
        var lists = await Task.WhenAll(providers.Select(name => ListOfAsync(name, cancellationToken).AsTask())).ConfigureAwait(false);
        var models = lists.SelectMany(list => list.Models).DistinctBy(model => model.Id).OrderBy(model => model.Id, StringComparer.Ordinal);
        return [.. now.Aliases.Select(alias => Describe(alias, isAlias: true)), .. models];
    }

    /// <summary>
    /// What is known of a name a call may carry: an alias, <c>provider/model</c>, or a bare model name. Queries the provider it resolves
    /// to, unless that provider's list is cached.
    /// </summary>
    /// <exception cref="CallException">The name resolves to no model (<see cref="CallErrorKind.ModelNotFound"/>).</exception>
    public async ValueTask<ListedModel> GetAsync(string id, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(id);
        var now = _source.Current;
        var found = now.Routes.Resolve(id, CallOperation.Chat);
        var route = found.Route ?? throw found.Error!.ToException();
        await ListOfAsync(route.Groups[0].Deployments[0].Provider, cancellationToken).ConfigureAwait(false);
        return Describe(route, now.Aliases.Any(alias => alias.Alias == route.Alias));
    }

    /// <summary>
    /// Whether a name resolves to a model of its provider's list, configured models included, or to one that the catalogue has under that
    /// provider.
    /// </summary>
    public async ValueTask<bool> ValidateAsync(string id, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(id);
        if (_source.Current.Routes.Resolve(id, CallOperation.Chat).Route is not { } route)
            return false;
        var target = route.Groups[0].Deployments[0];
        var list = await ListOfAsync(target.Provider, cancellationToken).ConfigureAwait(false);
        return list.Find(target.Model) is not null || InfoOf(target) is { TakenFrom: null };
    }

    /// <summary>The operations a model supports.</summary>
    public IReadOnlyList<CallOperation> OperationsOf(ListedModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        _registry.TryGet(model.Provider, out var provider);
        return ModelOperations.Of(provider, model.Info?.Kind, model.Model);
    }

    private async ValueTask<KeptList> ListOfAsync(string provider, CancellationToken cancellationToken)
    {
        if (_kept.TryGetValue(provider, out var kept) && IsOfThisProvider(provider, kept))
        {
            if (_time.GetElapsedTime(kept.Timestamp) > (kept.Answered ? MaxAge : RetryAfter))
                // Renewed in the background; AskNowAsync logs a failure.
                _ = AskOnce(provider);
            return kept;
        }

        // The query is shared with other callers: cancellation ends this caller's wait, not the query.
        return await AskOnce(provider).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether the list is of the provider now registered: one that replaced it has other models.</summary>
    private bool IsOfThisProvider(string name, KeptList kept) =>
        _registry.TryGet(name, out var now) ? ReferenceEquals(now, kept.Provider) : kept.Provider is null;

    private Task<KeptList> AskOnce(string provider) =>
        _asking.GetOrAdd(provider, name => new Lazy<Task<KeptList>>(() => AskAsync(name))).Value;

    private async Task<KeptList> AskAsync(string name)
    {
        try
        {
            return _kept[name] = await AskNowAsync(name).ConfigureAwait(false);
        }
        finally
        {
            _asking.TryRemove(name, out _);
        }
    }

    private async Task<KeptList> AskNowAsync(string name)
    {
        try
        {
            using var timeout = new CancellationTokenSource(s_timeout, _time);
            using var lease = await _registry.AcquireAsync(name, timeout.Token).ConfigureAwait(false);
            var models = await lease.Provider.ListModelsAsync(timeout.Token).ConfigureAwait(false);
            var asked = lease.Provider is not HttpProvider { Descriptor.ModelsPath: null };
            return Keep(name, lease.Provider, asked ? models : [.. models, .. InCatalogue(name, lease.Provider)], answered: true);
        }
        catch (Exception e)
        {
            LogNotListed(name, e.Message);
            _registry.TryGet(name, out var provider);
            return _kept.TryGetValue(name, out var before) && ReferenceEquals(before.Provider, provider)
                ? before with { Timestamp = _time.GetTimestamp(), Answered = false }
                : Keep(name, provider, [.. (provider as HttpProvider)?.KnownModels ?? [], .. InCatalogue(name, provider)], answered: false);
        }
    }

    private KeptList Keep(string name, IProvider? provider, IEnumerable<ProviderModel> models, bool answered) =>
        new(
            provider,
            _time.GetTimestamp(),
            [.. models.DistinctBy(model => model.Id, StringComparer.Ordinal).Select(model => Describe(name, provider, model))],
            answered);

    /// <summary>The catalogue's models of a provider, for one whose list is not to be had. Deprecated models are left out.</summary>
    private IEnumerable<ProviderModel> InCatalogue(string name, IProvider? provider) => provider is not HttpProvider http
        ? []
        : _catalog.List(http.Descriptor.Name)
            .Where(model => model.Status != "deprecated" && model.InputModalities.Count > 0)
            .Select(model => new ProviderModel(model.Id, model.Name, name));

    private ListedModel Describe(string name, IProvider? provider, ProviderModel model)
    {
        var info = InfoOf(name, provider, model.Id);
        return new ListedModel($"{name}/{model.Id}", model.OwnedBy ?? name, model.Created)
        {
            Name = model.Name != model.Id ? model.Name : info?.Name ?? model.Id,
            Provider = name,
            Model = model.Id,
            ReportedContextWindow = model.Capabilities.MaxContextTokens,
            Info = info,
        };
    }

    private ListedModel Describe(Route route, bool isAlias)
    {
        var target = route.Groups[0].Deployments[0];
        var listed = _kept.GetValueOrDefault(target.Provider)?.Find(target.Model)
            ?? new ListedModel(route.Alias, target.Provider, null)
            {
                Provider = target.Provider,
                Model = target.Model,
                Info = InfoOf(target),
            };
        var targets = route.Groups.SelectMany(group => group.Deployments).Select(deployment => $"{deployment.Provider}/{deployment.Model}");
        return listed with
        {
            Id = route.Alias,
            Name = isAlias ? route.Alias : listed.Name,
            OwnedBy = isAlias ? "switchyard" : listed.OwnedBy,
            Targets = isAlias ? [.. targets] : [],
        };
    }

    private ModelInfo? InfoOf(Deployment target)
    {
        _registry.TryGet(target.Provider, out var provider);
        return InfoOf(target.Provider, provider, target.Model);
    }

    // An in-process client is looked up under its own name alone: a model name it shares with a vendor says nothing of its model.
    private ModelInfo? InfoOf(string name, IProvider? provider, string model) =>
        provider is HttpProvider http ? _catalog.Find(http.Descriptor.Name, model) : _catalog.FindListed(name, model);

    [LoggerMessage(1, LogLevel.Warning, "Provider {Provider} did not list its models: {Reason}")]
    private partial void LogNotListed(string provider, string reason);

    /// <summary>The last list of a provider.</summary>
    /// <param name="Provider">The provider; null when it could not be built.</param>
    /// <param name="Timestamp">When it was queried last.</param>
    /// <param name="Models">Its models.</param>
    /// <param name="Answered">Whether it answered that query.</param>
    private sealed record KeptList(IProvider? Provider, long Timestamp, IReadOnlyList<ListedModel> Models, bool Answered)
    {
        public ListedModel? Find(string model) =>
            Models.FirstOrDefault(listed => string.Equals(listed.Model, model, StringComparison.Ordinal));
    }
}
