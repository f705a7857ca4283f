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
/// kept a while; one that does not answer is left out and logged, never the reason for a failure. Thread-safe.
/// </summary>
public sealed partial class ModelDirectory
{
    /// <summary>How long a provider's list is kept.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly ProviderRegistry _registry;
    private readonly Func<IEnumerable<Route>> _aliases;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private volatile Listed? _listed;

    internal ModelDirectory(ProviderRegistry registry, Func<IEnumerable<Route>> aliases, TimeProvider time, ILogger logger)
    {
        _registry = registry;
        _aliases = aliases;
        _time = time;
        _logger = logger;
    }

    /// <summary>Aliases first, then <c>provider/model</c>, each sorted, each once.</summary>
    public async ValueTask<IReadOnlyList<ListedModel>> ListAsync(CancellationToken cancellationToken)
    {
        var listed = _listed;
        if (listed is null || listed.Version != _registry.Version || _time.GetElapsedTime(listed.Timestamp) > MaxAge)
        {
            var version = _registry.Version;
            var lists = await Task.WhenAll(_registry.List().Select(name => AskAsync(name, cancellationToken)));
            _listed = listed = new(version, _time.GetTimestamp(), [.. lists.SelectMany(list => list).DistinctBy(model => model.Id).OrderBy(model => model.Id, StringComparer.Ordinal)]);
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
            var models = await lease.Provider.ListModelsAsync(both.Token);
            return models.Select(model => new ListedModel($"{name}/{model.Id}", model.OwnedBy ?? name, model.Created));
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogNotListed(name, e.Message);
            return [];
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Provider {Provider} did not list its models: {Reason}")]
    private partial void LogNotListed(string provider, string reason);

    private sealed record Listed(long Version, long Timestamp, IReadOnlyList<ListedModel> Models);
}
