using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;
using Switchyard.Targets;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>Writes <c>tools</c>, in the request's order, and <c>tool_choice</c>.</summary>
internal static class ToolEncoder
{
    // The API refuses more in one request.
    private const int MostStrict = 20;

    public static void Write(Utf8JsonWriter writer, ToolPlan plan, ModelFacts facts, CacheHints hints, LossReport losses)
    {
        if (plan.AnswerSchema is { } schema)
        {
            WriteAnswerTool(writer, schema);
            return;
        }

        if (plan.Tools.Count == 0)
            return;
        writer.WriteStartArray("tools"u8);
        var strict = 0;
        foreach (var (tool, path) in plan.Tools)
        {
            if (tool.AdditionalProperties.TryGetValue(AnthropicKeys.Raw, out var raw) && raw is JsonElement whole)
            {
                WriteRaw(writer, whole, hints, path);
                continue;
            }

            var function = (AIFunctionDeclaration)tool;
            var closed = ClosedSchema.OfTool(function, facts.JsonSchema != false && strict < MostStrict, losses, path);
            strict += closed is null ? 0 : 1;
            WriteFunction(writer, function, closed, path, hints, losses);
        }

        writer.WriteEndArray();
        WriteChoice(writer, plan);
    }

    /// <summary>Writes a block or tool kept whole, without its cache hint where the request has too many.</summary>
    public static void WriteRaw(
        Utf8JsonWriter writer, JsonElement raw, CacheHints hints, string path, CacheHints.Place place = CacheHints.Place.Tools)
    {
        if (raw.Member(CanonicalKeys.CacheControl) is null || hints.Admit(place, path))
        {
            RawJson.Write(writer, raw);
            return;
        }

        writer.WriteStartObject();
        foreach (var member in raw.EnumerateObject())
        {
            if (!member.NameEquals(CanonicalKeys.CacheControl))
                member.WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    private static void WriteFunction(
        Utf8JsonWriter writer, AIFunctionDeclaration tool, JsonElement? closed, string path, CacheHints hints, LossReport losses)
    {
        var additional = tool.AdditionalProperties;
        writer.WriteStartObject();
        writer.WriteString("name"u8, tool.Name);
        if (DeclaredFunction.DescriptionOf(tool) is { } description)
            writer.WriteString("description"u8, description);
        writer.WritePropertyName("input_schema"u8);
        if (closed is { } schema)
        {
            ClosedSchema.Write(writer, schema, losses, path + ".input_schema");
            writer.WriteBoolean("strict"u8, true);
        }
        else
        {
            ToolSchema.WriteObject(writer, DeclaredFunction.SchemaOf(tool), "$schema", "$id");
        }

        var kept = new AdditionalPropertiesDictionary();
        foreach (var (name, value) in additional)
            kept[name] = value;
        KeptFields.Write(writer, kept, AnthropicKeys.Dialect, losses, path);
        // The decoder of OpenAI chat keeps members beside `function` under the prefix "tool:".
        KeptFields.ReportUnprefixed(
            kept,
            (name, value) => name == CanonicalKeys.StrictArguments || value.ValueKind == JsonValueKind.Null
                || KeptFields.IsCacheHint(name[(name.IndexOf(':', StringComparison.Ordinal) + 1)..], value),
            losses, path);
        hints.Write(writer, CacheHints.OfTool(tool), CacheHints.Place.Tools, path);
        writer.WriteEndObject();
    }

    private static void WriteChoice(Utf8JsonWriter writer, ToolPlan plan)
    {
        // disable_parallel_tool_use is a member of tool_choice, and has no effect where no tool may be called.
        var single = plan.Parallel == false && plan.Mode is not NoneChatToolMode;
        if (plan.Mode is null && !single)
            return;
        writer.WriteStartObject("tool_choice"u8);
        switch (plan.Mode)
        {
            case NoneChatToolMode:
                writer.WriteString("type"u8, "none"u8);
                break;
            case RequiredChatToolMode { RequiredFunctionName: { } name }:
                writer.WriteString("type"u8, "tool"u8);
                writer.WriteString("name"u8, name);
                break;
            case RequiredChatToolMode:
                writer.WriteString("type"u8, "any"u8);
                break;
            default:
                writer.WriteString("type"u8, "auto"u8);
                break;
        }

        if (single)
            writer.WriteBoolean("disable_parallel_tool_use"u8, true);
        writer.WriteEndObject();
    }

    private static void WriteAnswerTool(Utf8JsonWriter writer, JsonElement schema)
    {
        if (schema.Text("type") is { } type && type != "object")
        {
            throw new CallException(
                CallErrorKind.InvalidRequest,
                $"The schema's root is '{type}', but this model can only answer with an object. Wrap it in one.",
                "response_format.json_schema.schema");
        }

        writer.WriteStartArray("tools"u8);
        writer.WriteStartObject();
        writer.WriteString("name"u8, AnthropicKeys.AnswerTool);
        writer.WriteString("description"u8, "Takes your whole answer. Call it exactly once."u8);
        writer.WritePropertyName("input_schema"u8);
        ToolSchema.WriteObject(writer, schema, "$schema", "$id");
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteStartObject("tool_choice"u8);
        writer.WriteString("type"u8, "tool"u8);
        writer.WriteString("name"u8, AnthropicKeys.AnswerTool);
        writer.WriteEndObject();
    }
}
