using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.BedrockConverse;

/// <summary>Reads embedding answers: Titan's one vector, or Cohere's list of them.</summary>
internal static class EmbeddingDecoder
{
    public static CanonicalEmbeddingAnswer Decode(ReadOnlySpan<byte> body)
    {
        var root = WireJson.ParseAnswer(body);
        if (root.Member("embedding") is { ValueKind: JsonValueKind.Array } single)
        {
            var answer = new GeneratedEmbeddings<Embedding<float>>([Read(single)]);
            if (root.Count("inputTextTokenCount") is { } tokens)
                answer.Usage = new UsageDetails { InputTokenCount = tokens, TotalTokenCount = tokens };
            return new CanonicalEmbeddingAnswer(answer);
        }

        var list = root.Member("embeddings") is { ValueKind: JsonValueKind.Object } byType
            ? byType.Member("float")
            : root.Member("embeddings");
        return list is { ValueKind: JsonValueKind.Array } several
            ? new CanonicalEmbeddingAnswer(new GeneratedEmbeddings<Embedding<float>>(several.EnumerateArray().Select(Read)))
            : throw ErrorDecoder.DecodeInBand(root)?.ToException() ?? AnswerErrors.Empty();
    }

    private static Embedding<float> Read(JsonElement vector) => new(EmbeddingVector.Read(vector));
}
