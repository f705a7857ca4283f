using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Engine;

namespace Switchyard.Client;

/// <summary>The engine as an embedding generator, with the same pipeline as the gateway. Thread-safe.</summary>
/// <param name="engine">The engine; not disposed with the generator.</param>
/// <param name="defaultModel">The model of a request without a model; null takes the engine's default.</param>
public sealed class SwitchyardEmbeddingGenerator(SwitchyardEngine engine, string? defaultModel = null)
    : IEmbeddingGenerator<string, Embedding<float>>
{
    private readonly ModelChoice _models = new(engine, null, defaultModel, nameof(EmbeddingGenerationOptions));

    /// <summary>A generator of one provider.</summary>
    internal SwitchyardEmbeddingGenerator(SwitchyardEngine engine, string provider, string defaultModel)
        : this(engine, defaultModel) => _models = new(engine, provider, defaultModel, nameof(EmbeddingGenerationOptions));

    /// <inheritdoc/>
    /// <exception cref="CallException">The call failed; the reason is in <see cref="CallException.Error"/>.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        await engine.StartAsync(cancellationToken).ConfigureAwait(false);
        var own = options?.Clone() ?? new EmbeddingGenerationOptions();
        var metadata = new CallMetadata(own.AdditionalProperties);
        var inputs = new List<EmbeddingInput>();
        foreach (var value in values)
            inputs.Add(new EmbeddingInput(value ?? throw new ArgumentException($"values[{inputs.Count}] is null.", nameof(values))));
        var request = new CanonicalEmbeddingRequest(inputs, own)
        {
            Raw = options?.RawRepresentationFactory is { } factory ? () => factory(this) : null,
        };
        var envelope = new CallEnvelope
        {
            Operation = CallOperation.Embedding,
            Model = _models.Of(options?.ModelId),
            Provider = _models.Provider,
        };
        var call = metadata.Of(envelope, CallBody.FromCanonical(request));
        var response = await engine.RunAsync(call, cancellationToken).ConfigureAwait(false);
        await using var disposal = response.ConfigureAwait(false);
        if (response.Error is { } error)
            throw CallErrorMapping.ToException(error, cancellationToken);
        var embeddings = ((CanonicalEmbeddingAnswer)((AnswerResponse)response).Answer).Embeddings;
        AnswerFacts.Write(response.Call, embeddings.AdditionalProperties ??= []);
        return embeddings;
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        _models.FindService(
            this, serviceType, serviceKey, static model => new EmbeddingGeneratorMetadata(ModelChoice.ClientName, null, model));

    /// <summary>Does nothing: the engine is disposed by its container.</summary>
    public void Dispose()
    {
    }
}
