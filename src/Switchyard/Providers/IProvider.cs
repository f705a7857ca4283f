using Microsoft.Extensions.AI;

namespace Switchyard.Providers;

/// <summary>
/// A vendor's API, or another source of answers. Its lifecycle: settings validated → initialised → ready → disposed. A provider serves
/// calls as an <c>IHttpProvider</c> (bytes over HTTP in a dialect) or an <see cref="IChatClientProvider"/> (objects). Implementations are
/// thread-safe once initialised.
/// </summary>
public interface IProvider : IAsyncDisposable
{
    /// <summary>The name clients and routes use, lower case: <c>openai</c>.</summary>
    string Name { get; }

    /// <summary>Whether <see cref="InitializeAsync"/> has succeeded and the provider has not been disposed.</summary>
    bool IsInitialized { get; }

    /// <summary>Validates the settings, then makes the provider ready. Called once, by the registry.</summary>
    /// <exception cref="ProviderException">The settings are invalid, or initialisation failed; the message names the cause.</exception>
    ValueTask InitializeAsync(ProviderSettings settings, CancellationToken cancellationToken);

    /// <summary>The models this provider is known to serve, without duplicates. May send a request to it.</summary>
    /// <exception cref="ProviderException">The provider is not initialised, or the request failed.</exception>
    ValueTask<IReadOnlyList<ProviderModel>> ListModelsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Checks whether the provider can be reached; returns if it can. By default it lists its models; a provider may override this with a
    /// cheaper check.
    /// </summary>
    /// <exception cref="ProviderException">It cannot be reached; the message gives the reason.</exception>
    async ValueTask CheckReachableAsync(CancellationToken cancellationToken) =>
        await ListModelsAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>One model's record.</summary>
    /// <exception cref="ProviderException"><c>Model {id} not found</c>.</exception>
    ValueTask<ProviderModel> GetModelAsync(string modelId, CancellationToken cancellationToken);

    /// <summary>Whether the provider serves the model. False, not an exception, if it is unknown or cannot be reached.</summary>
    ValueTask<bool> ValidateModelAsync(string modelId, CancellationToken cancellationToken);

    /// <summary>
    /// Whether a bare model name belongs to this provider, without sending a request. Called for every request whose model names no
    /// provider, so it must be fast.
    /// </summary>
    bool ServesModel(string modelId);
}

/// <summary>A provider that answers through an <see cref="IChatClient"/> in this process.</summary>
public interface IChatClientProvider : IProvider
{
    /// <summary>Whether its clients offer an <see cref="ITokenCounter"/>.</summary>
    /// <value>The default is false.</value>
    bool CountsTokens => false;

    /// <summary>The client that answers for a model. The caller does not dispose it.</summary>
    IChatClient GetChatClient(string modelId);

    /// <summary>The embedding generator for a model; null if the provider has none. The caller does not dispose it.</summary>
    IEmbeddingGenerator<string, Embedding<float>>? GetEmbeddingGenerator(string modelId);
}
