using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Ollama;

/// <summary>Reads the answer of <c>/embed</c>: a list of vectors, in the order of the inputs.</summary>
internal static class EmbeddingDecoder
{
    public static CanonicalEmbeddingAnswer Decode(ReadOnlySpan<byte> body)
    {
        var root = WireJson.ParseAnswer(body);
        if (root.Member("embeddings") is not { ValueKind: JsonValueKind.Array } vectors)
        {
            throw ErrorDecoder.DecodeInBand(root)?.ToException()
                ?? AnswerErrors.Empty();
        }

        var model = root.Text("model");
        var answer = new GeneratedEmbeddings<Embedding<float>>(vectors.GetArrayLength());
        foreach (var vector in vectors.EnumerateArray())
            answer.Add(new Embedding<float>(EmbeddingVector.Read(vector)) { ModelId = model });
        var usage = UsageReader.Read(root);
        if (!usage.IsEmpty)
            answer.Usage = usage.ToUsageDetails();
        return new CanonicalEmbeddingAnswer(answer);
    }
}
