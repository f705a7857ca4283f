using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>Reads embedding requests and answers.</summary>
internal static class EmbeddingDecoder
{
    public static CanonicalEmbeddingRequest DecodeRequest(ReadOnlySpan<byte> body)
    {
        var root = WireJson.ParseRequest(body);
        var inputs = Inputs(root.Member("input") ?? throw RequestErrors.Missing("input"));
        var options = new EmbeddingGenerationOptions();
        var base64 = false;
        foreach (var field in root.EnumerateObject())
        {
            switch (field.Name)
            {
                case "input":
                    break;
                case "model":
                    options.ModelId = FieldReader.Text(field.Value, "model");
                    break;
                case "dimensions":
                    options.Dimensions = FieldReader.Integer(field.Value, "dimensions") switch
                    {
                        null => null,
                        >= 1 and <= int.MaxValue and var dimensions => (int)dimensions,
                        var other => throw RequestErrors.InvalidValue(
                            "dimensions", $"{other} is less than the minimum of 1 - 'dimensions'"),
                    };
                    break;
                case "encoding_format":
                    base64 = FieldReader.Text(field.Value, "encoding_format") switch
                    {
                        null or "float" => false,
                        "base64" => true,
                        var other => throw RequestErrors.InvalidValue(
                            "encoding_format", $"Invalid value: '{other}'. Supported values are: 'float' and 'base64'."),
                    };
                    break;
                default:
                    (options.AdditionalProperties ??= [])[field.Name] = field.Value;
                    break;
            }
        }

        return new CanonicalEmbeddingRequest(inputs, options) { Base64 = base64 };
    }

    public static CanonicalEmbeddingAnswer DecodeAnswer(ReadOnlySpan<byte> body)
    {
        var root = WireJson.ParseAnswer(body);
        if (root.Member("data") is not { ValueKind: JsonValueKind.Array } data)
        {
            throw ErrorDecoder.DecodeInBand(root)?.ToException()
                ?? AnswerErrors.Empty();
        }

        var model = root.Text("model");
        var created = AnswerDecoder.Time(root);
        var embeddings = new Embedding<float>[data.GetArrayLength()];
        var free = 0;
        foreach (var item in data.EnumerateArray())
        {
            // The index is authoritative if it is plausible; some servers leave it out or always write 0.
            while (embeddings[free] is not null)
                free++;
            var index = item.Integer("index") is { } number && number >= 0 && number < embeddings.Length && embeddings[number] is null
                ? (int)number
                : free;
            embeddings[index] = new Embedding<float>(
                EmbeddingVector.Read(item.Member("embedding") ?? default)) { ModelId = model, CreatedAt = created };
        }

        var answer = new GeneratedEmbeddings<Embedding<float>>(embeddings);
        if (root.Member("usage") is { ValueKind: JsonValueKind.Object } usage)
        {
            answer.Usage = UsageReader.Read(usage).ToUsageDetails();
            (answer.AdditionalProperties ??= [])[CanonicalKeys.RawUsage] = usage;
        }

        foreach (var member in root.EnumerateObject())
        {
            if (member.Name is not ("object" or "data" or "model" or "usage"))
                (answer.AdditionalProperties ??= [])[member.Name] = member.Value;
        }

        return new CanonicalEmbeddingAnswer(answer);
    }

    private static List<EmbeddingInput> Inputs(JsonElement input)
    {
        if (input.ValueKind == JsonValueKind.String)
            return [new EmbeddingInput(input.GetString())];
        if (input.ValueKind != JsonValueKind.Array)
            throw RequestErrors.WrongType("input", "a string or an array", input.ValueKind);
        if (input.GetArrayLength() == 0)
            throw RequestErrors.EmptyArray("input");
        if (input[0].ValueKind == JsonValueKind.Number)
            return [new EmbeddingInput(null, Tokens(input, "input"))];
        var inputs = new List<EmbeddingInput>(input.GetArrayLength());
        foreach (var item in input.EnumerateArray())
        {
            var path = $"input[{inputs.Count}]";
            inputs.Add(item.ValueKind switch
            {
                JsonValueKind.String => new EmbeddingInput(item.GetString()),
                JsonValueKind.Array => new EmbeddingInput(null, Tokens(item, path)),
                _ => throw RequestErrors.WrongType(path, "a string or an array of integers", item.ValueKind),
            });
        }

        return inputs;
    }

    private static List<int> Tokens(JsonElement array, string path)
    {
        var tokens = new List<int>(array.GetArrayLength());
        foreach (var token in array.EnumerateArray())
        {
            if (token.ValueKind != JsonValueKind.Number
                || WireJson.WholeNumber(token) is not (>= int.MinValue and <= int.MaxValue and var id))
            {
                throw RequestErrors.WrongType($"{path}[{tokens.Count}]", "an integer", token.ValueKind);
            }

            tokens.Add((int)id);
        }

        return tokens;
    }
}
