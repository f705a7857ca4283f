using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Switchyard.Providers.Http;

namespace Switchyard.Providers.Registry;

/// <summary>
/// The model lists of the providers. One request per provider serves all waiting callers, and its list is cached; an old list is still
/// returned while it is renewed in the background. If a provider does not answer, its last list is returned, else the models known without
/// a request. Thread-safe.
/// </summary>
internal sealed partial class ModelLists(ProviderRegistry registry, TimeProvider time, ILogger logger)
{
    /// <summary>How long a list is fresh. An older one is still returned, while it is renewed.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(10);

    /// <summary>When a provider that did not answer is requested again.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, ModelList> _kept = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, Lazy<Task<ModelList>>> _asking = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The list of a provider. Fails only by the caller's own cancellation, which does not end the request.</summary>
    public async ValueTask<ModelList> OfAsync(string provider, CancellationToken cancellationToken)
    {
        if (_kept.TryGetValue(provider, out var kept) && IsOfThisProvider(provider, kept))
        {
            if (time.GetElapsedTime(kept.Timestamp) > (kept.Answered ? MaxAge : RetryAfter))
                // Renewed in the background; AskNowAsync logs a failure.
                _ = AskOnce(provider);
            return kept;
        }

        return await AskOnce(provider).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The lists of several providers, in their order, requested in parallel.</summary>
    public Task<ModelList[]> OfAsync(IEnumerable<string> providers, CancellationToken cancellationToken) =>
        Task.WhenAll(providers.Select(name => OfAsync(name, cancellationToken).AsTask()));

    /// <summary>Removes the lists of all other providers.</summary>
    public void KeepOnly(IEnumerable<string> providers)
    {
        foreach (var gone in _kept.Keys.Except(providers, StringComparer.OrdinalIgnoreCase))
            _kept.TryRemove(gone, out _);
    }

    /// <summary>Whether the list is of the currently registered provider: a replacement has other models.</summary>
    private bool IsOfThisProvider(string name, ModelList kept) =>
        registry.TryGet(name, out var now) ? ReferenceEquals(now, kept.Provider) : kept.Provider is null;

    private Task<ModelList> AskOnce(string provider) =>
        _asking.GetOrAdd(provider, name => new Lazy<Task<ModelList>>(() => AskAsync(name))).Value;

    private async Task<ModelList> AskAsync(string name)
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

    private async Task<ModelList> AskNowAsync(string name)
    {
        try
        {
            using var timeout = new CancellationTokenSource(s_timeout, time);
            using var lease = await registry.AcquireAsync(name, timeout.Token).ConfigureAwait(false);
            var models = await lease.Provider.ListModelsAsync(timeout.Token).ConfigureAwait(false);
            return new ModelList(name, lease.Provider, time.GetTimestamp(), models, answered: true);
        }
        catch (Exception e)
        {
            LogNotListed(name, e.Message);
            registry.TryGet(name, out var provider);
            var models = _kept.TryGetValue(name, out var before) && ReferenceEquals(before.Provider, provider)
                ? before.Models
                : (provider as HttpProvider)?.KnownModels ?? [];
            return new ModelList(name, provider, time.GetTimestamp(), models, answered: false);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Provider {Provider} did not list its models: {Reason}")]
    private partial void LogNotListed(string provider, string reason);
}

/// <summary>The last list of a provider. Immutable.</summary>
internal sealed class ModelList
{
    private readonly Dictionary<string, ProviderModel> _byId = new(StringComparer.Ordinal);

    /// <summary>A list as of now.</summary>
    /// <param name="name">The provider's name.</param>
    /// <param name="provider">The provider; null if it could not be created.</param>
    /// <param name="timestamp">When it was requested.</param>
    /// <param name="models">Its models; of several with the same id the first counts.</param>
    /// <param name="answered">Whether it answered.</param>
    public ModelList(string name, IProvider? provider, long timestamp, IEnumerable<ProviderModel> models, bool answered)
    {
        (Name, Provider, Timestamp, Answered) = (name, provider, timestamp, answered);
        Models = [.. models.Where(model => _byId.TryAdd(model.Id, model))];
    }

    public string Name { get; }

    public IProvider? Provider { get; }

    public long Timestamp { get; }

    public IReadOnlyList<ProviderModel> Models { get; }

    public bool Answered { get; }

    public ProviderModel? Find(string model) => _byId.GetValueOrDefault(model);
}
