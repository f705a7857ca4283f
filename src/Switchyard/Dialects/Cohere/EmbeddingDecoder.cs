using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Cohere;

/// <summary>Reads the answer of <c>/embed</c>: lists of vectors by type, in the order of the inputs.</summary>
internal static class EmbeddingDecoder
{
    public static CanonicalEmbeddingAnswer Decode(ReadOnlySpan<byte> body)
    {
        var root = WireJson.ParseAnswer(body);
        if (VectorsOf(root.Member("embeddings")) is not { } vectors)
        {
            throw ErrorDecoder.DecodeInBand(root)?.ToException()
                ?? AnswerErrors.Empty();
        }

        var answer = new GeneratedEmbeddings<Embedding<float>>(vectors.GetArrayLength());
        foreach (var vector in vectors.EnumerateArray())
            answer.Add(new Embedding<float>(EmbeddingVector.Read(vector)));
        var usage = UsageReader.Read(root.Member("meta"));
        if (!usage.IsEmpty)
            answer.Usage = usage.ToUsageDetails();
        return new CanonicalEmbeddingAnswer(answer);
    }

    /// <summary>The floats if the answer has them, else the first type that was requested.</summary>
    private static JsonElement? VectorsOf(JsonElement? embeddings)
    {
        if (embeddings is not { } vectors)
            return null;
        if (vectors.ValueKind == JsonValueKind.Array)
            return vectors;
        if (vectors.ValueKind != JsonValueKind.Object)
            return null;
        if (vectors.Member("float") is { ValueKind: JsonValueKind.Array } floats)
            return floats;
        foreach (var member in vectors.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.Array)
                return member.Value;
        }

        return null;
    }
}
