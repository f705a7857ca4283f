using System.Text.Json;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Cohere;

/// <summary>Reads the answer of <c>/rerank</c>: positions and scores, the most relevant first.</summary>
internal static class RerankDecoder
{
    public static CanonicalRerankAnswer Decode(ReadOnlySpan<byte> body)
    {
        var root = WireJson.ParseAnswer(body);
        if (root.Member("results") is not { ValueKind: JsonValueKind.Array } wire)
        {
            throw ErrorDecoder.DecodeInBand(root)?.ToException()
                ?? AnswerErrors.Empty();
        }

        var results = new List<RerankResult>(wire.GetArrayLength());
        foreach (var result in wire.EnumerateArray())
        {
            if (result.Integer("index") is not (>= 0 and <= int.MaxValue and var index)
                || result.Member("relevance_score") is not { ValueKind: JsonValueKind.Number } score
                || !score.TryGetDouble(out var relevance) || !double.IsFinite(relevance))
            {
                throw new CallException(
                    CallErrorKind.UpstreamUnavailable, "The provider's answer holds a result without its index or score.");
            }

            var document = result.Member("document");
            var text = document is { ValueKind: JsonValueKind.String } value ? value.GetString() : document?.Text("text");
            results.Add(new RerankResult((int)index, relevance) { Document = text });
        }

        var meta = root.Member("meta");
        return new CanonicalRerankAnswer(results, UsageReader.Read(meta))
        {
            Id = root.Text("id"),
            SearchUnits = UsageReader.SearchUnits(meta),
        };
    }
}
