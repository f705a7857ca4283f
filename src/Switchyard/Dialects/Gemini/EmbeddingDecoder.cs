using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.Gemini;

/// <summary>Reads embedding requests, of one content or of a batch, and embedding answers.</summary>
internal static class EmbeddingDecoder
{
    /// <summary>The beginning of the names under which the options keep, for other formats, what each input has of its own.</summary>
    public const string OfEach = "requests[].";

    private const string Title = "title";

    private const string NotText =
        "The chosen model's provider embeds text alone, and without the files the vectors would be those of something else. "
            + "Send text, or choose a model of a provider that serves this API.";

    private static readonly string s_title = CanonicalKeys.Own(DialectId.Gemini, Title);

    public static CanonicalEmbeddingRequest DecodeRequest(ReadOnlySpan<byte> body)
    {
        var root = WireJson.ParseRequest(body);
        var options = new EmbeddingGenerationOptions();
        if (root.Field("requests") is not { } requests)
            return new CanonicalEmbeddingRequest([Take(root, options, "", isFirst: true)], options);
        FieldReader.Array(requests, "requests");
        if (requests.GetArrayLength() == 0)
            throw RequestErrors.EmptyArray("requests");
        var inputs = new List<EmbeddingInput>(requests.GetArrayLength());
        foreach (var request in requests.EnumerateArray())
        {
            var path = $"requests[{inputs.Count}]";
            inputs.Add(Take(FieldReader.Object(request, path), options, path + ".", isFirst: inputs.Count == 0));
        }

        KeepTitles(requests, inputs, options);
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

    /// <summary>The texts among the parts of a content, one a line, and the parts that are files.</summary>
    /// <exception cref="CallException">A part is neither text nor a file.</exception>
    public static (string Text, List<JsonElement> Files) ReadContent(JsonElement content, string path)
    {
        var parts = FieldReader.Object(content, path).Field("parts") ?? throw RequestErrors.Missing(path + ".parts");
        var (texts, files) = (new List<string>(), new List<JsonElement>());
        foreach (var part in FieldReader.Array(parts, path + ".parts").EnumerateArray())
        {
            if (part.FieldText("text") is { } text)
                texts.Add(text);
            else if ((part.Field("inlineData") ?? part.Field("fileData")) is { ValueKind: JsonValueKind.Object })
                files.Add(part);
            else
                throw RequestErrors.InvalidValue(path + ".parts", $"Invalid '{path}.parts': only text and files can be embedded.");
        }

        return (string.Join('\n', texts), files);
    }

    /// <summary>
    /// One input. The fields beside its content and title must be the same in all requests of a batch, because other formats send the batch
    /// as one request.
    /// </summary>
    private static EmbeddingInput Take(JsonElement request, EmbeddingGenerationOptions options, string path, bool isFirst)
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
            return new EmbeddingInput(content.GetString());
        var (text, files) = ReadContent(content, path + "content");
        if (files.Count > 0)
            Keep(options, OfEach + "content", new ProviderStateField(content, NotText));
        // Several parts are embedded as one, which is not what their texts in one part are.
        return new EmbeddingInput(text) { Wire = content.Field("parts")?.GetArrayLength() == 1 && files.Count == 0 ? null : request };
    }

    /// <summary>
    /// Titles that differ stay with their inputs. The options keep one of them under another name, for the reports of other formats.
    /// </summary>
    private static void KeepTitles(JsonElement requests, List<EmbeddingInput> inputs, EmbeddingGenerationOptions options)
    {
        var titles = requests.EnumerateArray().Select(static request => request.Field(Title)).ToList();
        var first = titles[0]?.GetRawText();
        if (titles.TrueForAll(title => title?.GetRawText() == first))
            return;
        var at = 0;
        foreach (var request in requests.EnumerateArray())
        {
            inputs[at] = inputs[at] with { Wire = request };
            at++;
        }

        options.AdditionalProperties?.Remove(s_title);
        Keep(options, OfEach + Title, titles.Find(static title => title is not null)!.Value);
    }

    private static void Keep(EmbeddingGenerationOptions options, string name, object value) =>
        (options.AdditionalProperties ??= [])[CanonicalKeys.Own(DialectId.Gemini, name)] = value;

    private static bool Same(AdditionalPropertiesDictionary? first, AdditionalPropertiesDictionary? second)
    {
        var shared = Shared(first);
        return shared.Count == Shared(second).Count
            && shared.TrueForAll(entry => second!.TryGetValue(entry.Key, out var other)
                && JsonElement.DeepEquals((JsonElement)entry.Value!, (JsonElement)other!));
    }

    /// <summary>What the requests of a batch must have in common: their members but for title and content.</summary>
    private static List<KeyValuePair<string, object?>> Shared(AdditionalPropertiesDictionary? kept) =>
        [.. (kept ?? []).Where(static entry => entry.Value is JsonElement && entry.Key != s_title)];

    private static float[] Vector(JsonElement item) => EmbeddingVector.Read(item.Field("values") ?? default);
}
