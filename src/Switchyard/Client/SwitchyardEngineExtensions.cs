using Switchyard.Client;
using Switchyard.Engine;

namespace Microsoft.Extensions.AI;

/// <summary>Clients of one provider.</summary>
public static class SwitchyardEngineExtensions
{
    /// <summary>A client that calls one provider, for every model name. It passes the same pipeline as any other call.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="provider">The provider's name or an alias of it: <c>openai</c>.</param>
    /// <param name="model">The model of a request without a model; null takes the provider's default model.</param>
    /// <remarks>
    /// The provider is looked up with each call: if it is not enabled, the call fails with the reason and how to enable it.
    /// </remarks>
    public static IChatClient GetChatClient(this SwitchyardEngine engine, string provider, string? model = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return new SwitchyardChatClient(engine, provider, ModelChoice.DefaultOf(provider, model));
    }

    /// <summary>As <see cref="GetChatClient"/>, for embeddings.</summary>
    /// <inheritdoc cref="GetChatClient"/>
    public static IEmbeddingGenerator<string, Embedding<float>> GetEmbeddingGenerator(
        this SwitchyardEngine engine, string provider, string? model = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return new SwitchyardEmbeddingGenerator(engine, provider, ModelChoice.DefaultOf(provider, model));
    }
}
