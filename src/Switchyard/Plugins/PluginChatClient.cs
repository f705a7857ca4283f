using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Switchyard.Providers;

namespace Switchyard.Plugins;

/// <summary>
/// A client of a plugin's provider for one model. Each step runs on a separate thread, and the call waits for it no longer than its own
/// timeout. Thread-safe if the plugin's client is.
/// </summary>
internal sealed class PluginChatClient(LoadedPlugin plugin, string model, Func<string, IChatClient> clientOf) : IChatClient, ITokenCounter
{
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        await AskAsync(
            async () => await clientOf(model).GetResponseAsync(messages, options, cancellationToken).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var updates = await AskAsync(
            () => new ValueTask<IAsyncEnumerator<ChatResponseUpdate>>(
                clientOf(model).GetStreamingResponseAsync(messages, options, cancellationToken).GetAsyncEnumerator(cancellationToken)),
            cancellationToken).ConfigureAwait(false);
        var step = Task.FromResult(false);
        try
        {
            while (true)
            {
                step = PluginRun.Begin(plugin, updates.MoveNextAsync);
                if (!await WaitAsync(step, cancellationToken).ConfigureAwait(false))
                    break;
                yield return updates.Current;
            }
        }
        finally
        {
            // A running iterator cannot be disposed: it is disposed when it returns.
            var ended = EndAsync(step, updates);
            updates = null!;
            if (step.IsCompleted)
                await ended.ConfigureAwait(false);
        }
    }

    public async ValueTask<long> CountTokensAsync(
        IReadOnlyList<ChatMessage> messages, ChatOptions options, CancellationToken cancellationToken) => await AskAsync(
        () => clientOf(model).GetService(typeof(ITokenCounter)) is ITokenCounter counter
            ? counter.CountTokensAsync(messages, options, cancellationToken)
            : throw new ProviderException($"Plugin '{plugin.Id}' does not count tokens."),
        cancellationToken).ConfigureAwait(false);

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose()
    {
        // The plugin's client belongs to its provider.
    }

    private async Task EndAsync(Task step, IAsyncEnumerator<ChatResponseUpdate> updates)
    {
        await step.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await PluginRun.WithinAsync(plugin, plugin.Terms.Timeout, async () =>
            {
                await updates.DisposeAsync().ConfigureAwait(false);
                return true;
            }).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            plugin.Fail("the end of its stream", PluginTrouble.TooSlow, null);
        }
        catch (Exception e)
        {
            plugin.Fail("the end of its stream", PluginTrouble.Threw, e);
        }
    }

    private async ValueTask<bool> WaitAsync(Task<bool> step, CancellationToken cancellationToken)
    {
        try
        {
            return await step.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            PluginRun.Observe(step);
            throw PluginThrown.Copy(e, plugin, cancellationToken);
        }
    }

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

/// <summary>The embeddings of a plugin's provider, run like its chats.</summary>
internal sealed class PluginEmbeddings(
    LoadedPlugin plugin, string model, Func<string, IEmbeddingGenerator<string, Embedding<float>>?> generatorOf)
    : IEmbeddingGenerator<string, Embedding<float>>
{
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        try
        {
            return await PluginRun.UntilAsync(plugin, async () =>
            {
                var generator = generatorOf(model) ?? throw new ProviderException($"Plugin '{plugin.Id}' makes no embeddings.");
                return await generator.GenerateAsync(values, options, cancellationToken).ConfigureAwait(false);
            }, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            throw PluginThrown.Copy(e, plugin, cancellationToken);
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => null;

    public void Dispose()
    {
        // The plugin's generator belongs to its provider.
    }
}
