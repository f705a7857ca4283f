using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Providers;

namespace Switchyard.Routing;

/// <summary>A model a client may ask for.</summary>
/// <param name="Id">The name to ask for: an alias, or <c>provider/model</c>.</param>
/// <param name="OwnedBy">The provider; <c>switchyard</c> for an alias.</param>
/// <param name="Created">When the model was made, where known.</param>
public sealed record ListedModel(string Id, string OwnedBy, DateTimeOffset? Created);

/// <summary>
/// Lists what may be asked for: aliases, and every registered provider's models. Providers are asked side by side and their answers
/// kept a while; of one that does not answer, only what is known beforehand is listed. Thread-safe.
/// </summary>
public sealed partial class ModelDirectory
{
    /// <summary>How long a provider's list is kept.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly ProviderRegistry _registry;
    private readonly Func<IReadOnlyList<string>> _providers;
    private readonly Func<IEnumerable<Route>> _aliases;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private volatile Listed? _listed;

    internal ModelDirectory(
        ProviderRegistry registry, Func<IReadOnlyList<string>> providers, Func<IEnumerable<Route>> aliases, TimeProvider time, ILogger logger)
    {
        _registry = registry;
        _providers = providers;
        _aliases = aliases;
        _time = time;
        _logger = logger;
    }

    /// <summary>Aliases first, then <c>provider/model</c>, each sorted, each once.</summary>
    public async ValueTask<IReadOnlyList<ListedModel>> ListAsync(CancellationToken cancellationToken)
    {
        var (version, providers) = (_registry.Version, _providers());
        var listed = _listed;
        if (listed is null || listed.Version != version || _time.GetElapsedTime(listed.Timestamp) > MaxAge || !listed.Providers.SequenceEqual(providers))
        {
            var lists = await Task.WhenAll(providers.Select(name => AskAsync(name, cancellationToken)));
            var models = lists.SelectMany(list => list).DistinctBy(model => model.Id).OrderBy(model => model.Id, StringComparer.Ordinal);
            _listed = listed = new(version, providers, _time.GetTimestamp(), [.. models]);
        }

        return [.. _aliases().Select(route => new ListedModel(route.Alias, "switchyard", null)), .. listed.Models];
    }

    private async Task<IEnumerable<ListedModel>> AskAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            using var patience = new CancellationTokenSource(s_patience, _time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
            using var lease = await _registry.AcquireAsync(name, both.Token);
            return Listing(name, await lease.Provider.ListModelsAsync(both.Token));
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotListed(name, e.Message);
            return _registry.TryGet(name, out var provider) && provider is HttpProvider known ? Listing(name, known.KnownModels) : [];
        }
    }

    private static IEnumerable<ListedModel> Listing(string name, IEnumerable<ProviderModel> models) =>
        models.Select(model => new ListedModel($"{name}/{model.Id}", model.OwnedBy ?? name, model.Created));

    [LoggerMessage(1, LogLevel.Warning, "Provider {Provider} did not list its models: {Reason}")]
    private partial void LogNotListed(string provider, string reason);

    private sealed record Listed(long Version, IReadOnlyList<string> Providers, long Timestamp, IReadOnlyList<ListedModel> Models);
}
