using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>Reads the request's options, one field at a time.</summary>
internal static class OptionDecoder
{
    /// <summary>Reads a field that <see cref="ChatOptions"/> has a place for.</summary>
    /// <returns>False when it has none, or cannot hold all of it: the caller then keeps the field as it is.</returns>
    public static bool TryDecode(string name, JsonElement value, ChatOptions options, AdditionalPropertiesDictionary kept)
    {
        switch (name)
        {
            case "model":
                options.ModelId = FieldReader.Text(value, name);
                return true;
            case "temperature":
                options.Temperature = FieldReader.Number(value, name);
                return true;
            case "top_p":
                options.TopP = FieldReader.Number(value, name);
                return true;
            case "frequency_penalty":
                options.FrequencyPenalty = FieldReader.Number(value, name);
                return true;
            case "presence_penalty":
                options.PresencePenalty = FieldReader.Number(value, name);
                return true;
            case "seed":
                options.Seed = FieldReader.Integer(value, name);
                return true;
            case "max_tokens" or "max_completion_tokens":
                return true; // Settle decides between the two.
            case "stop":
                options.StopSequences = Stops(value);
                return true;
            case "tools":
                options.Tools = ToolDecoder.Decode(value);
                return true;
            case LegacyFunctions.Field or LegacyFunctions.Choice:
                return true; // Settle reads them together.
            case "parallel_tool_calls":
                options.AllowMultipleToolCalls = FieldReader.Boolean(value, name);
                return true;
            case "tool_choice":
                return ToolDecoder.TryDecodeChoice(value, options);
            case "response_format":
                return ResponseFormatDecoder.TryDecode(value, options, kept);
            case "reasoning_effort":
                return TryDecodeEffort(FieldReader.Text(value, name), options);
            // Kept as they are for those that read them, which skip a value of another type: it would be lost without a word.
            case "n":
                FieldReader.Integer(value, name);
                return false;
            case "service_tier":
                FieldReader.Text(value, name);
                return false;
            case "modalities" when value.ValueKind != JsonValueKind.Null:
                CheckTexts(value, name);
                return false;
            case "top_k":
                // An extension of many compatible servers. It is kept as well, because OpenAI itself has no such field to write.
                options.TopK = TopK(value) ?? options.TopK;
                return value.ValueKind == JsonValueKind.Null;
            default:
                return false;
        }
    }

    /// <summary>Reads what two fields decide together.</summary>
    public static void Settle(JsonElement root, ChatOptions options, AdditionalPropertiesDictionary kept)
    {
        LegacyFunctions.Read(root, options, kept);
        ReasoningSwitches.KeepContradicted(root, kept);
        var newer = root.Member(NewerLimit.Field) is { } limit ? FieldReader.Integer(limit, NewerLimit.Field) : null;
        var older = root.Member("max_tokens") is { } bound ? FieldReader.Integer(bound, "max_tokens") : null;
        if (newer is not null && older is not null && newer != older)
        {
            throw RequestErrors.InvalidValue(
                "max_tokens", "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.");
        }

        if (newer < 1)
            NewerLimit.Mark(kept);
        options.MaxOutputTokens = (newer ?? older) switch
        {
            // Some local servers take -1 for "no limit".
            null or -1 => null,
            var tokens => (int)Math.Clamp(tokens.Value, int.MinValue, int.MaxValue),
        };
    }

    private static void CheckTexts(JsonElement value, string name)
    {
        var index = 0;
        foreach (var text in FieldReader.Array(value, name).EnumerateArray())
            FieldReader.Text(text, $"{name}[{index++}]");
    }

    private static int? TopK(JsonElement value) => value.ValueKind == JsonValueKind.Number
        && WireJson.WholeNumber(value) is >= int.MinValue and <= int.MaxValue and var topK
            ? (int)topK
            : null;

    private static List<string>? Stops(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Null:
                return null;
            case JsonValueKind.String:
                return [value.GetString()!];
            case JsonValueKind.Array:
                var stops = new List<string>(value.GetArrayLength());
                foreach (var stop in value.EnumerateArray())
                {
                    var param = $"stop[{stops.Count}]";
                    stops.Add(FieldReader.Text(stop, param) ?? throw RequestErrors.WrongType(param, "a string", JsonValueKind.Null));
                }

                return stops;
            default:
                throw RequestErrors.WrongType("stop", "a string or an array of strings", value.ValueKind);
        }
    }

    private static bool TryDecodeEffort(string? effort, ChatOptions options)
    {
        // Where the enum has no such effort, the nearest is set for other dialects and the exact word is kept.
        (ReasoningEffort? Nearest, bool Exact) grade = effort switch
        {
            null => (null, true),
            "none" => (ReasoningEffort.None, true),
            "minimal" => (ReasoningEffort.Low, false),
            "low" => (ReasoningEffort.Low, true),
            "medium" => (ReasoningEffort.Medium, true),
            "high" => (ReasoningEffort.High, true),
            "xhigh" => (ReasoningEffort.ExtraHigh, true),
            "max" => (ReasoningEffort.ExtraHigh, false),
            _ => (null, false),
        };
        if (grade.Nearest is { } nearest)
            options.Reasoning = new ReasoningOptions { Effort = nearest };
        return grade.Exact;
    }
}
