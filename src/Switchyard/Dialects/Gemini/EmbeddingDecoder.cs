using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.Gemini;

/// <summary>Reads embedding requests, of one text or of a batch, and embedding answers.</summary>
internal static class EmbeddingDecoder
{
    public static CanonicalEmbeddingRequest DecodeRequest(ReadOnlySpan<byte> body)
    {
        var root = WireJson.ParseRequest(body);
        var options = new EmbeddingGenerationOptions();
        if (root.Field("requests") is not { } requests)
            return new CanonicalEmbeddingRequest([new EmbeddingInput(Take(root, options, "", isFirst: true))], options);
        FieldReader.Array(requests, "requests");
        if (requests.GetArrayLength() == 0)
            throw RequestErrors.EmptyArray("requests");
        var inputs = new List<EmbeddingInput>(requests.GetArrayLength());
        foreach (var request in requests.EnumerateArray())
        {
            var path = $"requests[{inputs.Count}]";
            inputs.Add(new EmbeddingInput(Take(FieldReader.Object(request, path), options, path + ".", isFirst: inputs.Count == 0)));
        }

        return new CanonicalEmbeddingRequest(inputs, options);
    }

    public static CanonicalEmbeddingAnswer DecodeAnswer(ReadOnlySpan<byte> body)
    {
        var root = WireJson.ParseAnswer(body);
        var answer = new GeneratedEmbeddings<Embedding<float>>();
        if (root.Field("embeddings") is { ValueKind: JsonValueKind.Array } list)
        {
            foreach (var item in list.EnumerateArray())
                answer.Add(new Embedding<float>(Vector(item)));
        }
        else if (root.Field("embedding") is { } single)
        {
            answer.Add(new Embedding<float>(Vector(single)));
        }
        else
        {
            throw ErrorDecoder.DecodeInBand(root)?.ToException()
                ?? AnswerErrors.Empty();
        }

        var usage = UsageReader.Read(root.Field("usageMetadata"));
        if (!usage.IsEmpty)
            answer.Usage = usage.ToUsageDetails();
        return new CanonicalEmbeddingAnswer(answer);
    }

    /// <summary>
    /// The text of one request of a batch. Its other fields must be the same in all of them, because other formats send the batch as one
    /// request.
    /// </summary>
    private static string Take(JsonElement request, EmbeddingGenerationOptions options, string path, bool isFirst)
    {
        var own = default(AdditionalPropertiesDictionary);
        int? dimensions = null;
        foreach (var member in request.EnumerateObject())
        {
            var name = ProtoJson.Camel(member.Name);
            if (member.Value.ValueKind == JsonValueKind.Null || name is "model" or "content")
                continue;
            if (name == "outputDimensionality")
            {
                dimensions = ProtoJson.Whole(member.Value) is >= 1 and <= int.MaxValue and var number
                    ? (int)number
                    : throw RequestErrors.InvalidValue(path + name, $"Invalid '{path}{name}': expected a positive integer.");
            }
            else
            {
                KeptFields.Keep(ref own, DialectId.Gemini, name, member.Value);
            }
        }

        if (isFirst)
        {
            options.Dimensions = dimensions;
            options.AdditionalProperties = own;
        }
        else if (options.Dimensions != dimensions || !Same(options.AdditionalProperties, own))
        {
            throw RequestErrors.InvalidValue(
                path.TrimEnd('.'),
                $"Invalid '{path.TrimEnd('.')}': all requests of a batch must ask for the same dimensions and task. "
                    + "Send the others in a batch of their own.");
        }

        var content = request.Field("content") ?? throw RequestErrors.Missing(path + "content");
        if (content.ValueKind == JsonValueKind.String)
            return content.GetString()!;
        var parts = FieldReader.Object(content, path + "content").Field("parts") ?? throw RequestErrors.Missing(path + "content.parts");
        var texts = new List<string>();
        foreach (var part in FieldReader.Array(parts, path + "content.parts").EnumerateArray())
        {
            texts.Add(part.FieldText("text") ?? throw RequestErrors.InvalidValue(
                path + "content.parts", $"Invalid '{path}content.parts': only text can be embedded here."));
        }

        return string.Join('\n', texts);
    }

    private static bool Same(AdditionalPropertiesDictionary? first, AdditionalPropertiesDictionary? second) =>
        (first?.Count ?? 0) == (second?.Count ?? 0)
        && (first ?? [])
            .All(entry => second!.TryGetValue(entry.Key, out var other)
                && JsonElement.DeepEquals((JsonElement)entry.Value!, (JsonElement)other!));

    private static float[] Vector(JsonElement item) => EmbeddingVector.Read(item.Field("values") ?? default);
}
