using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>Writes <c>system</c>, always as blocks; left out when it is empty.</summary>
internal static class SystemEncoder
{
    private const string JsonInstruction = "Answer with one valid JSON object and nothing else: no text around it, no code fence.";

    public static void Write(
        Utf8JsonWriter writer, Conversation conversation, ChatOptions options, ToolPlan tools, CacheHints hints, LossReport losses)
    {
        var blocks = conversation.System;
        var schema = (options.ResponseFormat as ChatResponseFormatJson)?.Schema;
        var wantsJson = options.ResponseFormat is ChatResponseFormatJson && (schema is null || tools.DescribesAnswer);
        if (wantsJson)
            losses.Drop("response_format (as an instruction)");
        foreach (var item in blocks)
        {
            if (item.Content is not TextContent)
                losses.Drop(item.Path);
        }

        if (!wantsJson && !blocks.Exists(static item => item.Content is TextContent))
            return;
        writer.WriteStartArray("system"u8);
        foreach (var item in blocks)
        {
            if (item.Content is TextContent text)
                WriteText(writer, text.Text, item, hints, losses);
        }

        if (wantsJson)
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "text"u8);
            writer.WriteString("text"u8, schema is null ? JsonInstruction : SchemaInstruction.For(schema));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteText(Utf8JsonWriter writer, string text, TurnContent item, CacheHints hints, LossReport losses)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "text"u8);
        writer.WriteString("text"u8, text);
        KeptFields.Write(writer, item.Content.AdditionalProperties, AnthropicKeys.Dialect, losses, item.Path);
        hints.Write(writer, hints.Of(item), CacheHints.Place.System, item.Path);
        writer.WriteEndObject();
    }
}
