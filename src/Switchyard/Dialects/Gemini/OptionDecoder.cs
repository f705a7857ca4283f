using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.Gemini;

/// <summary>Reads <c>generationConfig</c>.</summary>
internal static class OptionDecoder
{
    public static void Decode(JsonElement config, ChatOptions options, AdditionalPropertiesDictionary kept)
    {
        FieldReader.Object(config, "generationConfig");
        var format = default(Format);
        foreach (var field in config.EnumerateObject())
        {
            var (name, value) = (ProtoJson.Camel(field.Name), field.Value);
            if (value.ValueKind == JsonValueKind.Null)
                continue;
            if (!TryDecode(name, IsNumber(name) ? ProtoJson.Unquoted(value) : value, options, kept, ref format))
                kept[PartDecoder.OwnPrefix + OptionEncoder.Prefix + name] = value;
        }

        format.Apply(options, kept);
    }

    private static bool IsNumber(string name) => name is "temperature" or "topP" or "topK" or "maxOutputTokens" or "seed"
        or "presencePenalty" or "frequencyPenalty" or "candidateCount" or "logprobs";

    private static bool TryDecode(
        string name, JsonElement value, ChatOptions options, AdditionalPropertiesDictionary kept, ref Format format)
    {
        var path = OptionEncoder.Prefix + name;
        switch (name)
        {
            case "temperature":
                options.Temperature = FieldReader.Number(value, path);
                return true;
            case "topP":
                options.TopP = FieldReader.Number(value, path);
                return true;
            case "topK":
                options.TopK = AsInt(FieldReader.Integer(value, path));
                return true;
            case "maxOutputTokens":
                options.MaxOutputTokens = FieldReader.Integer(value, path) is { } limit and not -1 ? AsInt(limit) : null;
                return true;
            case "seed":
                options.Seed = FieldReader.Integer(value, path);
                return true;
            case "presencePenalty":
                options.PresencePenalty = FieldReader.Number(value, path);
                return true;
            case "frequencyPenalty":
                options.FrequencyPenalty = FieldReader.Number(value, path);
                return true;
            case "stopSequences":
                options.StopSequences =
                    [.. FieldReader.Array(value, path).EnumerateArray().Select(stop => FieldReader.Text(stop, path)).OfType<string>()];
                return true;
            case "candidateCount":
                if (FieldReader.Integer(value, path) is not 1)
                    kept["n"] = value;
                return true;
            case "responseLogprobs":
                if (FieldReader.Boolean(value, path) is true)
                    kept["logprobs"] = WireJson.True;
                return true;
            case "logprobs":
                FieldReader.Integer(value, path);
                kept["top_logprobs"] = value;
                return true;
            case "responseModalities" when value.ValueKind == JsonValueKind.Array:
                TakeModalities(value, kept);
                return true;
            case "thinkingConfig":
                return TryDecodeThinking(FieldReader.Object(value, path), options, kept);
            case "responseMimeType":
                format.MimeType = value;
                return true;
            case "responseSchema" or "responseJsonSchema":
                FieldReader.Object(value, path);
                format.Schema = name == "responseSchema" ? SchemaReader.Read(value) : value;
                return true;
            default:
                return false;
        }
    }

    private static int? AsInt(long? value) => value is { } number ? (int)Math.Clamp(number, int.MinValue, int.MaxValue) : null;

    private static void TakeModalities(JsonElement value, AdditionalPropertiesDictionary kept)
    {
        var names = value.EnumerateArray()
            .Select(item => ProtoJson.Word(item, "text", "image", "audio")?.ToLowerInvariant()).OfType<string>().ToList();
        if (names is [] or ["text"])
            return;
        kept["modalities"] = ProtoJson.Build(writer =>
        {
            writer.WriteStartArray();
            foreach (var name in names)
                writer.WriteStringValue(name);
            writer.WriteEndArray();
        });
    }

    private static bool TryDecodeThinking(JsonElement config, ChatOptions options, AdditionalPropertiesDictionary kept)
    {
        var reasoning = options.Reasoning = new ReasoningOptions
        {
            // Thoughts are returned only to clients that ask for them.
            Output = config.Field("includeThoughts") is { ValueKind: JsonValueKind.True } ? ReasoningOutput.Full : ReasoningOutput.None,
        };
        if (config.Field("thinkingBudget") is { ValueKind: not JsonValueKind.Null } wanted)
        {
            var path = OptionEncoder.Prefix + "thinkingConfig.thinkingBudget";
            var budget = ProtoJson.Whole(wanted) is >= -1 and <= int.MaxValue and var tokens
                ? tokens
                : throw RequestErrors.InvalidValue(path, $"Invalid value for '{path}': expected a whole number of tokens, 0, or -1.");
            kept[CanonicalKeys.ReasoningBudget] = (int)budget;
            if (budget >= 0)
                reasoning.Effort = ReasoningRequest.ParseEffort(ReasoningRequest.EffortOf((int)budget));
        }

        foreach (var member in config.EnumerateObject())
        {
            var name = ProtoJson.Camel(member.Name);
            if (member.Value.ValueKind == JsonValueKind.Null || name is "includeThoughts" or "thinkingBudget")
                continue;
            if (name != "thinkingLevel" || !TryDecodeLevel(member.Value, reasoning, kept))
                kept[PartDecoder.OwnPrefix + ThinkingEncoder.Prefix + name] = member.Value;
        }

        return true;
    }

    /// <returns>False for an unknown word.</returns>
    private static bool TryDecodeLevel(JsonElement value, ReasoningOptions reasoning, AdditionalPropertiesDictionary kept)
    {
        var level = ProtoJson.Word(value, "low", "medium", "high")?.ToLowerInvariant();
        if (ReasoningRequest.ParseEffort(level) is not { } grade)
            return false;
        reasoning.Effort = grade;
        // ReasoningEffort has no "minimal".
        if (level == "minimal")
            kept["reasoning_effort"] = ProtoJson.Text(level);
        return true;
    }

    /// <summary>The response format, which two fields decide together.</summary>
    private struct Format
    {
        public JsonElement? MimeType { get; set; }

        public JsonElement? Schema { get; set; }

        public readonly void Apply(ChatOptions options, AdditionalPropertiesDictionary kept)
        {
            var type = MimeType is { } mimeType ? FieldReader.Text(mimeType, "generationConfig.responseMimeType") : null;
            if (type is null or "application/json" && Schema is { } schema)
                options.ResponseFormat = ChatResponseFormat.ForJsonSchema(schema);
            else if (type == "application/json")
                options.ResponseFormat = ChatResponseFormat.Json;
            else if (type is "text/plain" or "")
                options.ResponseFormat = ChatResponseFormat.Text;
            else if (type is not null)
            {
                kept[PartDecoder.OwnPrefix + OptionEncoder.Prefix + "responseMimeType"] = MimeType!.Value;
                if (Schema is { } other)
                    kept[PartDecoder.OwnPrefix + OptionEncoder.Prefix + "responseJsonSchema"] = other;
            }
        }
    }
}
