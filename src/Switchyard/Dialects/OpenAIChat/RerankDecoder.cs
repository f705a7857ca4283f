using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>
/// Reads rerank requests and answers. OpenAI has no such operation; the servers that speak this format agree on its shape except for three
/// things: some name the limit <c>top_k</c>, some name the results <c>data</c>, and the documents come back as texts or as objects.
/// </summary>
internal static class RerankDecoder
{
    public static CanonicalRerankRequest DecodeRequest(ReadOnlySpan<byte> body)
    {
        var root = WireJson.ParseRequest(body);
        var documents = Documents(root.Member("documents") ?? throw RequestErrors.Missing("documents"));
        int? topN = null;
        int? topK = null;
        var readsList = false;
        bool? returnDocuments = null;
        AdditionalPropertiesDictionary? kept = null;
        foreach (var field in root.EnumerateObject())
        {
            switch (field.Name)
            {
                case "model" or "query" or "documents":
                    break;
                case "top_n":
                    topN = Most(field.Value, "top_n");
                    break;
                case "top_k":
                    topK = Most(field.Value, "top_k");
                    readsList = true;
                    break;
                case "return_documents":
                    returnDocuments = FieldReader.Boolean(field.Value, "return_documents");
                    break;
                default:
                    WireJson.Keep(ref kept, field.Name, field.Value);
                    break;
            }
        }

        if (topN is not null && topK is not null && topN != topK)
            throw RequestErrors.InvalidValue("top_k", "'top_n' and 'top_k' are the same limit under two names. Send one of them.");
        return new CanonicalRerankRequest(FieldReader.RequiredText(root, "query", ""), documents)
        {
            TopN = topN ?? topK,
            ReadsList = readsList,
            ReturnDocuments = returnDocuments,
            AdditionalProperties = kept,
        };
    }

    public static CanonicalRerankAnswer DecodeAnswer(ReadOnlySpan<byte> body)
    {
        var root = WireJson.ParseAnswer(body);
        if ((root.Member("results") ?? root.Member("data")) is not { ValueKind: JsonValueKind.Array } items)
        {
            throw ErrorDecoder.DecodeInBand(root)?.ToException()
                ?? AnswerErrors.Empty();
        }

        var results = new List<RerankResult>(items.GetArrayLength());
        foreach (var item in items.EnumerateArray())
            results.Add(Result(item));
        var meta = root.Member("meta");
        return new CanonicalRerankAnswer(results, Usage(root, meta))
        {
            Id = root.Text("id"),
            Model = root.Text("model"),
            SearchUnits = meta?.Member("billed_units")?.Count("search_units"),
        };
    }

    private static List<RerankDocument> Documents(JsonElement array)
    {
        FieldReader.Array(array, "documents");
        if (array.GetArrayLength() == 0)
            throw RequestErrors.EmptyArray("documents");
        var documents = new List<RerankDocument>(array.GetArrayLength());
        foreach (var item in array.EnumerateArray())
        {
            documents.Add(item.ValueKind switch
            {
                JsonValueKind.String => new RerankDocument(item.GetString()!),
                // For an object without `text` (fields to rank by, an image) the text is its JSON.
                JsonValueKind.Object => new RerankDocument(item.Text("text") ?? item.GetRawText()) { Wire = item },
                _ => throw RequestErrors.WrongType($"documents[{documents.Count}]", "a string or an object", item.ValueKind),
            });
        }

        return documents;
    }

    private static int? Most(JsonElement value, string name) => FieldReader.Integer(value, name) switch
    {
        null => null,
        >= 1 and <= int.MaxValue and var wanted => (int)wanted,
        var other => throw RequestErrors.InvalidValue(name, $"{other} is less than the minimum of 1 - '{name}'"),
    };

    private static RerankResult Result(JsonElement item)
    {
        if (item.Integer("index") is not (>= 0 and <= int.MaxValue and var index)
            || (item.Member("relevance_score") ?? item.Member("score")) is not { ValueKind: JsonValueKind.Number } score
            || !score.TryGetDouble(out var relevance) || !double.IsFinite(relevance))
        {
            throw new CallException(
                CallErrorKind.UpstreamUnavailable, "The provider's answer holds a rerank result without an index or a score.");
        }

        return new RerankResult((int)index, relevance)
        {
            Document = item.Member("document") switch
            {
                { ValueKind: JsonValueKind.String } text => text.GetString(),
                { ValueKind: JsonValueKind.Object } document => document.Text("text") ?? document.GetRawText(),
                _ => null,
            },
        };
    }

    private static TokenUsage Usage(JsonElement root, JsonElement? meta)
    {
        if ((root.Member("usage") ?? root.Member("tokens")) is { } usage)
            return UsageReader.Read(usage);
        return meta?.Member("tokens") is { } tokens ? UsageReader.Read(tokens) : default;
    }
}
