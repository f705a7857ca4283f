using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>Reads the request's options, one field at a time; one without a canonical place is kept under this format's own name.</summary>
internal static class OptionDecoder
{
    private const string NoThread =
        "The chosen model's provider does not keep the conversation that 'thread' begins or continues. Send the whole conversation without "
            + "it, or choose a model of a provider that serves this API.";

    public static void Decode(string name, JsonElement value, ChatOptions options, AdditionalPropertiesDictionary kept)
    {
        switch (name)
        {
            case "model":
                options.ModelId = FieldReader.Text(value, name);
                break;
            case "max_tokens":
                options.MaxOutputTokens = (int?)Math.Min(FieldReader.Integer(value, name) ?? 0, int.MaxValue);
                break;
            case "temperature":
                options.Temperature = FieldReader.Number(value, name);
                break;
            case "top_p":
                options.TopP = FieldReader.Number(value, name);
                break;
            case "top_k":
                options.TopK = (int?)Math.Clamp(FieldReader.Integer(value, name) ?? 0, int.MinValue, int.MaxValue);
                break;
            case "stop_sequences":
                options.StopSequences = Stops(value);
                break;
            case "tools":
                options.Tools = ToolDecoder.Decode(value);
                break;
            case "tool_choice":
                ToolDecoder.DecodeChoice(value, options);
                break;
            case "thinking":
                DecodeThinking(value, options, kept);
                break;
            case "output_config":
                DecodeOutput(value, options, kept);
                break;
            case "output_format":
                DecodeFormat(value, name, options);
                break;
            case "metadata":
                DecodeMetadata(value, kept);
                break;
            case "service_tier":
                DecodeServiceTier(value, kept);
                break;
            case ThreadErrors.Field:
                kept[CanonicalKeys.Own(AnthropicKeys.Dialect, name)] = new ProviderStateField(value, NoThread);
                break;
            default:
                kept[CanonicalKeys.Own(AnthropicKeys.Dialect, name)] = value;
                break;
        }
    }

    private static List<string> Stops(JsonElement value)
    {
        FieldReader.Array(value, "stop_sequences");
        var stops = new List<string>(value.GetArrayLength());
        foreach (var stop in value.EnumerateArray())
        {
            var param = $"stop_sequences[{stops.Count}]";
            stops.Add(FieldReader.Text(stop, param) ?? throw RequestErrors.WrongType(param, "a string", JsonValueKind.Null));
        }

        return stops;
    }

    private static void DecodeThinking(JsonElement value, ChatOptions options, AdditionalPropertiesDictionary kept)
    {
        FieldReader.Object(value, "thinking");
        switch (FieldReader.RequiredText(value, "type", "thinking"))
        {
            case "enabled":
                var wanted = value.Member("budget_tokens") ?? throw RequestErrors.Missing("thinking.budget_tokens");
                var budget = FieldReader.Integer(wanted, "thinking.budget_tokens") is >= 1 and var tokens
                    ? (int)Math.Min(tokens, int.MaxValue)
                    : throw RequestErrors.InvalidValue(
                        "thinking.budget_tokens", "Invalid value for 'thinking.budget_tokens': expected a number of tokens.");
                kept[CanonicalKeys.ReasoningBudget] = budget;
                Reasoning(options).Effort ??= ReasoningRequest.ParseEffort(ReasoningRequest.EffortOf(budget));
                break;
            case "adaptive":
                kept[CanonicalKeys.ReasoningBudget] = -1;
                Reasoning(options).Effort ??= ReasoningEffort.Medium;
                break;
            case "disabled":
                // Only the budget is set, not an effort: models without reasoning refuse the field reasoning_effort, even as "none".
                kept[CanonicalKeys.ReasoningBudget] = 0;
                break;
            case var other:
                throw RequestErrors.InvalidValue(
                    "thinking.type", $"Invalid value: '{other}'. Supported values are: 'enabled', 'adaptive', and 'disabled'.");
        }

        ReasoningOutput? display = value.Text("display") switch
        {
            "summarized" => ReasoningOutput.Summary,
            "omitted" => ReasoningOutput.None,
            _ => null,
        };
        if (display is not null)
            Reasoning(options).Output = display;
        foreach (var member in value.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Null && !member.IsNamed("type", "budget_tokens")
                && !(display is not null && member.NameEquals("display")))
            {
                kept[AnthropicKeys.OwnThinking + member.Name] = member.Value;
            }
        }
    }

    private static void DecodeOutput(JsonElement value, ChatOptions options, AdditionalPropertiesDictionary kept)
    {
        const string path = "output_config";
        FieldReader.Object(value, path);
        if (value.Member("effort") is { } effort)
        {
            var word = FieldReader.Text(effort, path + ".effort");
            kept["reasoning_effort"] = effort;
            kept[ReasoningRequest.AnswerEffort] = true;
            if (ReasoningRequest.ParseEffort(word) is { } grade)
                Reasoning(options).Effort = grade;
        }

        if (value.Member("format") is { } format)
            DecodeFormat(format, path + ".format", options);
        if (value.EnumerateObject().Any(member => !member.IsNamed("effort", "format")))
        {
            var others = value.EnumerateObject()
                .Where(member => !member.IsNamed("effort", "format")).ToDictionary(member => member.Name, member => (object?)member.Value);
            kept[CanonicalKeys.Own(AnthropicKeys.Dialect, path)] = JsonElement.Parse(WireJson.ToJson(others));
        }
    }

    private static void DecodeFormat(JsonElement format, string path, ChatOptions options)
    {
        FieldReader.Object(format, path);
        var type = FieldReader.RequiredText(format, "type", path);
        if (type != "json_schema")
            throw RequestErrors.InvalidValue(path + ".type", $"Invalid value: '{type}'. Supported values are: 'json_schema'.");
        var schema = FieldReader.Object(format.Member("schema") ?? throw RequestErrors.Missing(path + ".schema"), path + ".schema");
        options.ResponseFormat = ChatResponseFormat.ForJsonSchema(schema, format.Text("name") ?? "response");
    }

    private static void DecodeMetadata(JsonElement value, AdditionalPropertiesDictionary kept)
    {
        FieldReader.Object(value, "metadata");
        if (value.Member("user_id") is { } user)
        {
            FieldReader.Text(user, "metadata.user_id");
            kept["user"] = user;
        }

        if (value.EnumerateObject().Any(member => !member.NameEquals("user_id")))
            kept[CanonicalKeys.Own(AnthropicKeys.Dialect, "metadata")] = value;
    }

    private static void DecodeServiceTier(JsonElement value, AdditionalPropertiesDictionary kept)
    {
        switch (FieldReader.Text(value, "service_tier"))
        {
            case "auto":
                kept["service_tier"] = value;
                break;
            case "standard_only":
                kept["service_tier"] = JsonElement.Parse("\"default\""u8);
                break;
            default:
                kept[CanonicalKeys.Own(AnthropicKeys.Dialect, "service_tier")] = value;
                break;
        }
    }

    private static ReasoningOptions Reasoning(ChatOptions options) => options.Reasoning ??= new ReasoningOptions();
}
