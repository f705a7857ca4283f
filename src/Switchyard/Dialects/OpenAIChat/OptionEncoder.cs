using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Targets;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>Writes the typed options of a request.</summary>
internal static class OptionEncoder
{
    public static void Write(ChatOptions options, EgressTarget target, FieldWriter fields)
    {
        var isLegacy = LegacyFunctions.TryWrite(options, fields);
        var tools = !isLegacy && ToolEncoder.Write(options, target.Facts, fields);
        if (!isLegacy)
            WriteToolMode(options.ToolMode, tools, fields);
        // Without tools the field is an error; it could not have any effect either.
        if (tools && options.AllowMultipleToolCalls is { } parallel && fields.Begin("parallel_tool_calls", parallel))
            fields.Json.WriteBooleanValue(parallel);
        WriteResponseFormat(options, fields);
        WriteEffort(options, target, fields);
        fields.Integer(fields.Quirks.MaxTokensField, options.MaxOutputTokens);
        fields.Number("temperature", options.Temperature);
        fields.Number("top_p", options.TopP);
        fields.Number("frequency_penalty", options.FrequencyPenalty);
        fields.Number("presence_penalty", options.PresencePenalty);
        fields.Integer("seed", options.Seed);
        WriteStops(options.StopSequences, fields);
        ReportUnsupported(options, fields.Losses);
    }

    private static void WriteToolMode(ChatToolMode? mode, bool tools, FieldWriter fields)
    {
        if (mode is null)
            return;
        if (!tools)
        {
            // Without tools, auto and none have no effect; a required call cannot be met and is reported.
            if (mode is RequiredChatToolMode)
                fields.Losses.Drop("tool_choice");
            return;
        }

        if (!fields.Begin("tool_choice", mode))
            return;
        if (mode is RequiredChatToolMode { RequiredFunctionName: { } name })
        {
            fields.Json.WriteStartObject();
            fields.Json.WriteString("type"u8, "function"u8);
            fields.Json.WriteStartObject("function"u8);
            fields.Json.WriteString("name"u8, name);
            fields.Json.WriteEndObject();
            fields.Json.WriteEndObject();
            return;
        }

        fields.Json.WriteStringValue(mode switch
        {
            NoneChatToolMode => "none",
            RequiredChatToolMode => fields.Quirks.RequiredToolChoice,
            _ => "auto",
        });
    }

    /// <summary>
    /// Whether members are written that switch reasoning off: the client asks for that, or a call that it requires is refused otherwise.
    /// </summary>
    public static bool StopsReasoning(ChatOptions options, EgressTarget target) =>
        target.Facts.Reasoning != false && target.Quirks.ReasoningOff.Count > 0
        && (Wanted(options, target.Quirks).IsOff
            || (target.Quirks.ForcedToolStopsReasoning && options is { ToolMode: RequiredChatToolMode, Tools.Count: > 0 }));

    /// <summary>
    /// The reasoning to ask for in OpenAI's field. Another server's field goes out as it is, unless the target refuses it: then its meaning
    /// goes out in this one.
    /// </summary>
    private static ReasoningRequest Wanted(ChatOptions options, ProviderQuirks quirks) =>
        quirks.UnsupportedParams.Any(ReasoningSwitches.IsName) ? ReasoningRequest.Read(options) : ReasoningRequest.ReadForChat(options);

    /// <summary>Writes the effort in a word the model knows, or what switches its reasoning off.</summary>
    private static void WriteEffort(ChatOptions options, EgressTarget target, FieldWriter fields)
    {
        var wanted = Wanted(options, target.Quirks);
        var facts = target.Facts;
        if (StopsReasoning(options, target))
        {
            if (!wanted.IsOff && !wanted.IsUnset)
                fields.Losses.Drop("reasoning_effort");
            wanted.ReportContradicted(fields.Losses);
            foreach (var (name, value) in fields.Quirks.ReasoningOff)
            {
                fields.Json.WritePropertyName(name);
                fields.Json.WriteRawValue(value);
            }

            return;
        }

        if (fields.Quirks.ReasoningEfforts is { Count: > 0 } accepted)
            facts = facts with { ReasoningEfforts = accepted };
        if (wanted.EffortFor(facts, fields.Losses) is { } effort && fields.BeginKept("reasoning_effort", effort))
            fields.Json.WriteStringValue(effort);
    }

    private static void WriteResponseFormat(ChatOptions options, FieldWriter fields)
    {
        if (options.ResponseFormat is not { } format || !fields.Begin("response_format", format))
            return;
        var writer = fields.Json;
        writer.WriteStartObject();
        switch (format)
        {
            case ChatResponseFormatJson { Schema: { } schema } json:
                writer.WriteString("type"u8, "json_schema"u8);
                writer.WriteStartObject("json_schema"u8);
                writer.WriteString("name"u8, json.SchemaName ?? "response");
                if (json.SchemaDescription is { } description)
                    writer.WriteString("description"u8, description);
                writer.WritePropertyName("schema"u8);
                schema.WriteTo(writer);
                if (Strict(options) is { } strict)
                {
                    writer.WritePropertyName("strict"u8);
                    writer.WriteValue(strict);
                }

                writer.WriteEndObject();
                break;
            case ChatResponseFormatJson:
                writer.WriteString("type"u8, "json_object"u8);
                break;
            default:
                writer.WriteString("type"u8, "text"u8);
                break;
        }

        writer.WriteEndObject();
    }

    /// <summary>The strict flag under our key, or under the one that Microsoft's OpenAI client reads.</summary>
    private static object? Strict(ChatOptions options) => options.AdditionalProperties is { } kept
        && (kept.TryGetValue(CanonicalKeys.StrictResponseFormat, out var strict) || kept.TryGetValue("strictJsonSchema", out strict))
            ? strict
            : null;

    private static void WriteStops(IList<string>? stops, FieldWriter fields)
    {
        if (stops is not { Count: > 0 } || !fields.Begin("stop", stops))
            return;
        fields.Json.WriteStartArray();
        foreach (var stop in stops)
            fields.Json.WriteStringValue(stop);
        fields.Json.WriteEndArray();
    }

    /// <summary>Reports the options this format has no field for.</summary>
    private static void ReportUnsupported(ChatOptions options, LossReport losses)
    {
        if (options.TopK is not null && options.AdditionalProperties?.ContainsKey("top_k") != true)
            losses.Drop("top_k");
        UnsupportedOptions.RefuseConversation(options);
        if (options.AllowBackgroundResponses is true || options.ContinuationToken is not null)
            losses.Drop("background");
        if (options.Reasoning?.Output is ReasoningOutput.Summary or ReasoningOutput.Full)
            losses.Drop("reasoning.output");
    }
}
