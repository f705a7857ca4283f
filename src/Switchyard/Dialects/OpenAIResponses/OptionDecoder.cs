using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>
/// Reads the request's options, one field at a time. A field that OpenAI chat has, under the same name or another, is kept under chat's;
/// the others are kept under this dialect's prefix.
/// </summary>
internal static class OptionDecoder
{
    /// <summary>Fields that mean the same in both formats and have no property.</summary>
    private static readonly string[] SharedWithChat =
    [
        "metadata", "store", "user", "safety_identifier", "service_tier", "prompt_cache_key", "prompt_cache_retention",
        "prompt_cache_options", "moderation",
    ];

    public static void Decode(string name, JsonElement value, ChatOptions options, AdditionalPropertiesDictionary kept)
    {
        switch (name)
        {
            case "model":
                options.ModelId = FieldReader.Text(value, name);
                break;
            case "instructions":
                // Some servers take a list of items; that stays as it is.
                if (value.ValueKind == JsonValueKind.Array)
                    Own(kept, name, value);
                else
                    options.Instructions = FieldReader.Text(value, name);
                break;
            case "temperature":
                options.Temperature = FieldReader.Number(value, name);
                break;
            case "top_p":
                options.TopP = FieldReader.Number(value, name);
                break;
            case "max_output_tokens":
                options.MaxOutputTokens = FieldReader.Integer(value, name) switch
                {
                    null or -1 => null,
                    var tokens => (int)Math.Clamp(tokens.Value, int.MinValue, int.MaxValue),
                };
                break;
            case "parallel_tool_calls":
                options.AllowMultipleToolCalls = FieldReader.Boolean(value, name);
                break;
            case "tools":
                options.Tools = ToolDecoder.Decode(value);
                break;
            case "tool_choice":
                ToolDecoder.DecodeChoice(value, options, kept);
                break;
            case "text":
                DecodeText(FieldReader.Object(value, name), options, kept);
                break;
            case "reasoning":
                DecodeReasoning(FieldReader.Object(value, name), options, kept);
                break;
            case "include":
                Own(kept, name, FieldReader.Array(value, name));
                break;
            case "top_logprobs":
                DecodeTopLogprobs(name, value, kept);
                break;
            case var shared when SharedWithChat.Contains(shared):
                kept[name] = value;
                break;
            default:
                Own(kept, name, value);
                break;
        }
    }

    /// <summary>Chat has a second field that switches the probabilities on.</summary>
    private static void DecodeTopLogprobs(string name, JsonElement value, AdditionalPropertiesDictionary kept)
    {
        if (FieldReader.Integer(value, name) is not > 0)
            return;
        kept["logprobs"] = WireJson.True;
        kept[name] = value;
    }

    private static void DecodeReasoning(JsonElement reasoning, ChatOptions options, AdditionalPropertiesDictionary kept)
    {
        foreach (var member in reasoning.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.Null)
                continue;
            switch (member.Name)
            {
                case "effort":
                    var effort = FieldReader.Text(member.Value, "reasoning.effort");
                    var grade = ReasoningRequest.ParseEffort(effort);
                    if (grade is not null)
                        (options.Reasoning ??= new ReasoningOptions()).Effort = grade;
                    // Where the enum has no such effort, the nearest is set for other dialects and the exact word is kept.
                    if (ReasoningRequest.NameOf(grade) != effort)
                        kept["reasoning_effort"] = member.Value;
                    break;
                case "summary" or "generate_summary":
                    var summary = FieldReader.Text(member.Value, "reasoning." + member.Name);
                    (options.Reasoning ??= new ReasoningOptions()).Output = summary == "detailed"
                        ? ReasoningOutput.Full
                        : ReasoningOutput.Summary;
                    if (member.Name != "summary" || summary is not ("auto" or "detailed"))
                        Own(kept, "reasoning." + member.Name, member.Value);
                    break;
                default:
                    Own(kept, "reasoning." + member.Name, member.Value);
                    break;
            }
        }
    }

    private static void DecodeText(JsonElement text, ChatOptions options, AdditionalPropertiesDictionary kept)
    {
        foreach (var member in text.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.Null)
                continue;
            if (member.NameEquals("verbosity"))
                kept["verbosity"] = member.Value;
            else if (!member.NameEquals("format") || !TryDecodeFormat(FieldReader.Object(member.Value, "text.format"), options, kept))
                Own(kept, "text." + member.Name, member.Value);
        }
    }

    /// <returns>False for a format the canonical form cannot hold.</returns>
    private static bool TryDecodeFormat(JsonElement format, ChatOptions options, AdditionalPropertiesDictionary kept)
    {
        switch (FieldReader.RequiredText(format, "type", "text.format"))
        {
            case "text":
                options.ResponseFormat = ChatResponseFormat.Text;
                return true;
            case "json_object":
                options.ResponseFormat = ChatResponseFormat.Json;
                return true;
            case "json_schema":
                var name = FieldReader.RequiredText(format, "name", "text.format");
                var schema = FieldReader.Object(
                    format.Member("schema") ?? throw RequestErrors.Missing("text.format.schema"), "text.format.schema");
                options.ResponseFormat = ChatResponseFormat.ForJsonSchema(schema, name, format.Text("description"));
                if (format.Member("strict") is { } strict)
                    kept[CanonicalKeys.StrictResponseFormat] = strict;
                return true;
            default:
                return false;
        }
    }

    private static void Own(AdditionalPropertiesDictionary kept, string name, JsonElement value) =>
        kept[CanonicalKeys.Own(DialectId.OpenAIResponses, name)] = value;
}
