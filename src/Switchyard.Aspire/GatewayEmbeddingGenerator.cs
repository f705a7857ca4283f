using Microsoft.Extensions.AI;

namespace Switchyard.Aspire;

/// <summary>As <see cref="GatewayChatClient"/>, for embeddings. Thread-safe.</summary>
internal sealed class GatewayEmbeddingGenerator(IEmbeddingGenerator<string, Embedding<float>> inner)
    : DelegatingEmbeddingGenerator<string, Embedding<float>>(inner)
{
    public override async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        var own = options?.Clone();
        var exchange = GatewayExchange.Begin(own?.AdditionalProperties);
        var embeddings = await base.GenerateAsync(values, own, cancellationToken).ConfigureAwait(false);
        exchange.WriteTo(embeddings.AdditionalProperties ??= []);
        return embeddings;
    }
}
