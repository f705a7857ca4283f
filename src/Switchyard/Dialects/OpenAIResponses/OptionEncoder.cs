using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Targets;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>Writes a request's options, and reports those this format has no field for.</summary>
internal static class OptionEncoder
{
    /// <summary>The lowest limit the API takes. Coding agents probe a model with a limit of 1.</summary>
    private const int LeastOutputTokens = 16;

    /// <summary>Kept under OpenAI chat's name, and written under the same name.</summary>
    private static readonly string[] SharedWithChat =
    [
        "metadata", "user", "safety_identifier", "service_tier", "prompt_cache_key", "prompt_cache_retention", "prompt_cache_options",
        "moderation",
    ];

    /// <summary>The kept fields that a token count depends on; it takes no other.</summary>
    private static readonly string[] Counted = ["previous_response_id", "conversation", "truncation"];

    private static readonly string[] Written =
    [
        "store", "verbosity", "reasoning_effort", "tool_choice", "top_logprobs", "stream_options", "n", "modalities",
        CanonicalKeys.StrictResponseFormat, "top_k",
    ];

    public static void Write(CanonicalChatRequest request, EgressTarget target, FieldWriter fields, bool isNative)
    {
        var options = request.Options;
        var kept = options.AdditionalProperties;
        var tools = ToolEncoder.Write(options.Tools, fields, isNative, options);
        WriteChoice(options, tools, fields);
        // Without tools it could not have any effect.
        if (tools && options.AllowMultipleToolCalls is { } parallel && fields.Begin("parallel_tool_calls"))
            fields.Json.WriteBooleanValue(parallel);
        WriteText(options, fields);
        WriteReasoning(options, target, fields);
        if (request.Operation == CallOperation.CountTokens)
            return;
        WriteLimit(options.MaxOutputTokens, fields);
        fields.Number("temperature", options.Temperature);
        fields.Number("top_p", options.TopP);
        WriteLogProbs(kept, fields);
        foreach (var name in SharedWithChat)
            fields.Element(name, RequestEncoder.Kept(kept, name));
        WriteState(request, target, fields, isNative);
        ReportUnsupported(options, fields.Losses, isNative);
        if (request.Stream)
            fields.Json.WriteBoolean("stream"u8, true);
        WriteStreamOptions(request, fields);
    }

    /// <summary>Writes this dialect's own fields and reports those of others.</summary>
    public static void WriteOwn(AdditionalPropertiesDictionary? kept, FieldWriter fields, CallOperation operation)
    {
        KeptFields.ReportForeign(kept, DialectId.OpenAIResponses, fields.Losses, "");
        if (kept is null)
            return;
        var prefix = CanonicalKeys.Own(DialectId.OpenAIResponses, "");
        foreach (var (key, value) in kept)
        {
            if (!key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)
                || ((value as ProviderStateField)?.Value ?? value as JsonElement?) is not { } element)
            {
                continue;
            }

            var name = key[prefix.Length..];
            var isElsewhere = name.Contains('.', StringComparison.Ordinal)
                || name is "instructions" or "tool_choice" or "include" or "stream_options";
            if (!isElsewhere && (operation != CallOperation.CountTokens || Counted.Contains(name)))
                fields.Element(name, element);
        }
    }

    /// <summary>Writes <c>tool_choice</c>.</summary>
    /// <returns>Whether there was one to write.</returns>
    public static bool WriteChoice(ChatOptions options, bool tools, FieldWriter fields)
    {
        var own = KeptFields.Find(options.AdditionalProperties, DialectId.OpenAIResponses, "tool_choice");
        var chat = RequestEncoder.Kept(options.AdditionalProperties, "tool_choice");
        if (own is null && chat is null && options.ToolMode is null)
            return false;
        if (!tools)
        {
            // Without tools, auto and none have no effect; a required call cannot be met and is reported.
            if (options.ToolMode is RequiredChatToolMode)
                fields.Losses.Drop("tool_choice");
            return false;
        }

        if (!fields.Begin("tool_choice"))
            return false;
        var writer = fields.Json;
        if (own is { } raw)
        {
            raw.WriteTo(writer);
        }
        else if (chat is { } choice)
        {
            ToolShapes.WriteChoice(writer, choice);
        }
        else if (options.ToolMode is RequiredChatToolMode { RequiredFunctionName: { } name })
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "function"u8);
            writer.WriteString("name"u8, name);
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteStringValue(options.ToolMode switch
            {
                NoneChatToolMode => "none",
                RequiredChatToolMode => "required",
                _ => "auto",
            });
        }

        return true;
    }

    /// <summary>Writes <c>text</c>: the format and verbosity of the answer.</summary>
    public static void WriteText(ChatOptions options, FieldWriter fields)
    {
        var kept = options.AdditionalProperties;
        var verbosity = RequestEncoder.Kept(kept, "verbosity");
        var others = Nested(kept, "text.");
        if ((options.ResponseFormat is null && verbosity is null && others.Count == 0) || !fields.Begin("text"))
            return;
        var writer = fields.Json;
        writer.WriteStartObject();
        if (options.ResponseFormat is { } format)
        {
            writer.WriteStartObject("format"u8);
            WriteFormat(writer, format, kept);
            writer.WriteEndObject();
        }

        if (verbosity is { } level)
        {
            writer.WritePropertyName("verbosity"u8);
            level.WriteTo(writer);
        }

        WriteNested(writer, others);
        writer.WriteEndObject();
    }

    private static void WriteFormat(Utf8JsonWriter writer, ChatResponseFormat format, AdditionalPropertiesDictionary? kept)
    {
        if (format is not ChatResponseFormatJson json)
        {
            writer.WriteString("type"u8, "text"u8);
            return;
        }

        if (json.Schema is not { } schema)
        {
            writer.WriteString("type"u8, "json_object"u8);
            return;
        }

        writer.WriteString("type"u8, "json_schema"u8);
        writer.WriteString("name"u8, json.SchemaName ?? "response");
        if (json.SchemaDescription is { } description)
            writer.WriteString("description"u8, description);
        writer.WritePropertyName("schema"u8);
        schema.WriteTo(writer);
        object? strict = null;
        if (kept?.TryGetValue(CanonicalKeys.StrictResponseFormat, out strict) == true
            || kept?.TryGetValue("strictJsonSchema", out strict) == true)
        {
            writer.WritePropertyName("strict"u8);
            writer.WriteValue(strict);
        }
    }

    private static void WriteReasoning(ChatOptions options, EgressTarget target, FieldWriter fields)
    {
        var kept = options.AdditionalProperties;
        var others = Nested(kept, "reasoning.");
        var effort = ReasoningRequest.Read(options).EffortFor(target.Facts, fields.Losses);
        var summary = others.Exists(member => member.Name is "summary" or "generate_summary") ? null : options.Reasoning?.Output switch
        {
            ReasoningOutput.Summary => "auto",
            ReasoningOutput.Full => "detailed",
            _ => null,
        };
        if ((effort is null && summary is null && others.Count == 0) || !fields.Begin("reasoning"))
            return;
        var writer = fields.Json;
        writer.WriteStartObject();
        if (effort is not null)
            writer.WriteString("effort"u8, effort);
        if (summary is not null)
            writer.WriteString("summary"u8, summary);
        WriteNested(writer, others);
        writer.WriteEndObject();
    }

    private static void WriteLimit(int? wanted, FieldWriter fields)
    {
        if (wanted < LeastOutputTokens)
            fields.Losses.Drop("max_tokens");
        fields.Integer("max_output_tokens", wanted is { } limit ? Math.Max(limit, LeastOutputTokens) : null);
    }

    private static void WriteLogProbs(AdditionalPropertiesDictionary? kept, FieldWriter fields)
    {
        if (WantsLogProbs(kept))
            fields.Element("top_logprobs", RequestEncoder.Kept(kept, "top_logprobs"));
    }

    private static bool WantsLogProbs(AdditionalPropertiesDictionary? kept) =>
        RequestEncoder.Kept(kept, "logprobs") is { ValueKind: JsonValueKind.True };

    /// <summary>Writes <c>store</c>, and <c>include</c> for the encrypted reasoning that a conversation not stored needs.</summary>
    private static void WriteState(CanonicalChatRequest request, EgressTarget target, FieldWriter fields, bool isNative)
    {
        var options = request.Options;
        var kept = options.AdditionalProperties;
        var store = RequestEncoder.Kept(kept, "store");
        var isStateless = !isNative && options.ConversationId is null && store is null or { ValueKind: JsonValueKind.False };
        if (store is { } wanted)
            fields.Element("store", wanted);
        else if (isStateless && !fields.Refuses("store") && fields.Begin("store"))
            fields.Json.WriteBooleanValue(false);

        var include = new List<string>();
        if (KeptFields.Find(kept, DialectId.OpenAIResponses, "include") is { } asked)
        {
            include.AddRange(
                asked.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!));
        }

        // A model that does not reason refuses the field.
        var reasons = target.Facts.Reasoning
            ?? (ReasoningRequest.Read(options) is { IsUnset: false, IsOff: false } || HoldsOurReasoning(request.Messages));
        if (isStateless && reasons)
            Add(include, "reasoning.encrypted_content");
        if (WantsLogProbs(kept) && !isNative)
            Add(include, "message.output_text.logprobs");
        if (include.Count > 0 && fields.Begin("include"))
        {
            fields.Json.WriteStartArray();
            foreach (var item in include)
                fields.Json.WriteStringValue(item);
            fields.Json.WriteEndArray();
        }

        // An in-process caller names the stored conversation by one property.
        if (!isNative && options.ConversationId is { } id)
            fields.Text(id.StartsWith("conv_", StringComparison.Ordinal) ? "conversation" : "previous_response_id", id);
    }

    private static void Add(List<string> include, string item)
    {
        if (!include.Contains(item))
            include.Add(item);
    }

    private static bool HoldsOurReasoning(IReadOnlyList<ChatMessage> messages) => messages.Any(message =>
        message.Contents.Any(content =>
            content is TextReasoningContent { ProtectedData: not null } reasoning && ItemKeys.IsOurs(reasoning)));

    private static void WriteStreamOptions(CanonicalChatRequest request, FieldWriter fields)
    {
        var kept = request.Options.AdditionalProperties;
        if (KeptFields.Find(kept, DialectId.OpenAIResponses, "stream_options") is { } own)
        {
            fields.Element("stream_options", own);
            return;
        }

        // This format always reports usage, so leaving include_usage out loses nothing.
        if (request.Stream && RequestEncoder.Kept(kept, "stream_options")?.Member("include_obfuscation") is { } obfuscation
            && fields.Begin("stream_options"))
        {
            fields.Json.WriteStartObject();
            fields.Json.WritePropertyName("include_obfuscation"u8);
            obfuscation.WriteTo(fields.Json);
            fields.Json.WriteEndObject();
        }
    }

    /// <summary>Reports the options this format has no field for, unless they have no effect.</summary>
    private static void ReportUnsupported(ChatOptions options, LossReport losses, bool isNative)
    {
        if (options.StopSequences is { Count: > 0 })
            losses.Drop("stop");
        if (options.Seed is not null)
            losses.Drop("seed");
        if (options.FrequencyPenalty is not (null or 0))
            losses.Drop("frequency_penalty");
        if (options.PresencePenalty is not (null or 0))
            losses.Drop("presence_penalty");
        if (options.TopK is not null)
            losses.Drop("top_k");
        // A caller in process allows it but does not require it: it cannot come back for the answer here.
        if (options.ContinuationToken is not null || (options.AllowBackgroundResponses is true && !isNative))
            losses.Drop("background");
        KeptFields.ReportUnprefixed(
            options.AdditionalProperties,
            (name, value) => value.ValueKind == JsonValueKind.Null || SharedWithChat.Contains(name) || Written.Contains(name)
                || (name == "logprobs" && value.ValueKind == JsonValueKind.True),
            losses, "");
    }

    private static List<(string Name, JsonElement Value)> Nested(AdditionalPropertiesDictionary? kept, string group)
    {
        var prefix = CanonicalKeys.Own(DialectId.OpenAIResponses, group);
        return kept is null
            ? []
            : [.. kept.Where(entry => entry.Key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) && entry.Value is JsonElement)
                .Select(entry => (entry.Key[prefix.Length..], (JsonElement)entry.Value!))];
    }

    private static void WriteNested(Utf8JsonWriter writer, List<(string Name, JsonElement Value)> members)
    {
        foreach (var (name, value) in members)
        {
            writer.WritePropertyName(name);
            value.WriteTo(writer);
        }
    }
}
