using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.Calls;

namespace Switchyard.Providers.Mock;

/// <summary>The mock's embeddings for one model: unit vectors from a hash of the text, so the same text has the same vector.</summary>
internal sealed class MockEmbeddingGenerator(MockProvider provider, string model) : IEmbeddingGenerator<string, Embedding<float>>
{
    /// <summary>The dimensions of a vector if the request names none.</summary>
    public const int DefaultDimensions = 8;

    private const int MaxDimensions = 16 * 1024;
    private readonly EmbeddingGeneratorMetadata _metadata = new(provider.Name, null, model, DefaultDimensions);

    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        var texts = values.ToList();
        var dimensions = options?.Dimensions ?? DefaultDimensions;
        if (dimensions is < 1 or > MaxDimensions)
            throw new CallException(CallErrorKind.InvalidRequest, $"dimensions must be between 1 and {MaxDimensions}.", "dimensions");
        await provider.BeginCallAsync(cancellationToken).ConfigureAwait(false);
        var created = provider.Clock.GetUtcNow();
        long tokens = texts.Sum(MockTokens.Count);
        return new GeneratedEmbeddings<Embedding<float>>(texts.Select(text => new Embedding<float>(Vector(text, dimensions))
        {
            ModelId = model,
            CreatedAt = created,
        }))
        {
            Usage = new UsageDetails { InputTokenCount = tokens, TotalTokenCount = tokens },
        };
    }

    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceKey is not null ? null
            : serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata
            : serviceType.IsInstanceOfType(provider) ? provider
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    public void Dispose()
    {
        // Nothing to release: the registry owns the provider.
    }

    private static float[] Vector(string text, int dimensions)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), hash);
        var state = BinaryPrimitives.ReadUInt64LittleEndian(hash);
        var vector = new float[dimensions];
        double squares = 0;
        for (var i = 0; i < dimensions; i++)
        {
            // Integers scaled by a power of two, so that every machine gets the same bits.
            var value = ((Next(ref state) >> 40) - (double)(1 << 23)) / (1 << 23);
            vector[i] = (float)value;
            squares += value * value;
        }

        var length = Math.Sqrt(squares);
        if (length == 0)
            vector[0] = 1;
        for (var i = 0; i < dimensions && length > 0; i++)
            vector[i] = (float)(vector[i] / length);
        return vector;
    }

    /// <summary>One step of SplitMix64: every state has a different successor, and neighbouring states give unlike values.</summary>
    private static ulong Next(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        var mixed = state;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
