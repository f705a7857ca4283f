using Microsoft.Extensions.AI;
using Switchyard.Providers;

namespace Switchyard.Plugins;

/// <summary>
/// The registered wrapper of a plugin's in-process provider: its name includes the version, it runs on separate threads, and it does not
/// refer to the plugin's objects once it is disposed. It has the time of any provider: the attempt's timeouts end the wait even if the
/// plugin ignores cancellation. Thread-safe.
/// </summary>
internal sealed class PluginProvider(LoadedPlugin plugin, string name, PluginPart<IProvider> provider) : IChatClientProvider
{
    private IReadOnlyList<ProviderModel> _models = [];
    private bool _countsTokens;

    public string Name => name;

    public bool IsInitialized => provider.Value?.IsInitialized is true;

    public bool CountsTokens => _countsTokens;

    private IProvider Inner => provider.Value ?? throw new ProviderException($"Plugin '{plugin.Id}' has been unloaded.");

    public async ValueTask InitializeAsync(ProviderSettings settings, CancellationToken cancellationToken)
    {
        await AskAsync(async () =>
        {
            await Inner.InitializeAsync(settings, cancellationToken).ConfigureAwait(false);
            return true;
        }, cancellationToken).ConfigureAwait(false);
        _countsTokens = (Inner as IChatClientProvider)?.CountsTokens is true;
        // Listed once, so that resolving a bare model name never waits for a plugin. A plugin that cannot list has no known models.
        try
        {
            await ListModelsAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ProviderException)
        {
            _models = [];
        }
    }

    public async ValueTask<IReadOnlyList<ProviderModel>> ListModelsAsync(CancellationToken cancellationToken) =>
        // Copied: the plugin's own list would refer to its code.
        _models = await AskAsync(
            async () => (IReadOnlyList<ProviderModel>)
            [
                .. (await Inner.ListModelsAsync(cancellationToken).ConfigureAwait(false))
                    .Select(model => model with { Provider = name }),
            ],
            cancellationToken).ConfigureAwait(false);

    public async ValueTask CheckReachableAsync(CancellationToken cancellationToken) => await AskAsync(async () =>
    {
        await Inner.CheckReachableAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }, cancellationToken).ConfigureAwait(false);

    public ValueTask<ProviderModel> GetModelAsync(string modelId, CancellationToken cancellationToken) => AskAsync(
        async () => await Inner.GetModelAsync(modelId, cancellationToken).ConfigureAwait(false) with { Provider = name },
        cancellationToken);

    public ValueTask<bool> ValidateModelAsync(string modelId, CancellationToken cancellationToken) =>
        AskAsync(() => Inner.ValidateModelAsync(modelId, cancellationToken), cancellationToken);

    /// <summary>Checks only listed models: it is called for every bare model name, and must not wait.</summary>
    public bool ServesModel(string modelId)
    {
        foreach (var model in _models)
        {
            if (model.Id == modelId)
                return true;
        }

        return false;
    }

    public IChatClient GetChatClient(string modelId) => new PluginChatClient(plugin, modelId, ChatProvider.GetChatClient);

    public IEmbeddingGenerator<string, Embedding<float>>? GetEmbeddingGenerator(string modelId) =>
        new PluginEmbeddings(plugin, modelId, ChatProvider.GetEmbeddingGenerator);

    public async ValueTask DisposeAsync()
    {
        if (provider.Value is not { } inner)
            return;
        try
        {
            await PluginRun.WithinAsync(plugin, plugin.Terms.Timeout, async () =>
            {
                await inner.DisposeAsync().ConfigureAwait(false);
                return true;
            }).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            plugin.Fail($"the end of its provider '{name}'", PluginTrouble.TooSlow, null);
        }
        catch (Exception e)
        {
            plugin.Fail($"the end of its provider '{name}'", PluginTrouble.Threw, e);
        }
    }

    private IChatClientProvider ChatProvider => Inner as IChatClientProvider
        ?? throw new ProviderException($"'{name}' of plugin '{plugin.Id}' answers neither chats nor embeddings.");

    private async ValueTask<T> AskAsync<T>(Func<ValueTask<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await PluginRun.UntilAsync(plugin, ask, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            throw PluginThrown.Copy(e, plugin, cancellationToken);
        }
    }
}

/// <summary>A provider that a plugin adds, with its name and settings.</summary>
/// <param name="Name">The name it is registered under: <c>name@version</c>.</param>
/// <param name="Provider">The provider, as registered.</param>
/// <param name="Settings">Its settings.</param>
internal sealed record PluginProviderEntry(string Name, IProvider Provider, ProviderSettings Settings);
