using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>One part of a message the model wrote.</summary>
internal sealed class OutputPart(bool isRefusal)
{
    public bool IsRefusal { get; } = isRefusal;

    public System.Text.StringBuilder Text { get; } = new();

    public List<CitationAnnotation> Annotations { get; } = [];

    public List<JsonElement> LogProbs { get; } = [];

    /// <summary>Writes it in its current state.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        if (IsRefusal)
        {
            writer.WriteString("type"u8, "refusal"u8);
            writer.WriteString("refusal"u8, Text.ToString());
        }
        else
        {
            writer.WriteString("type"u8, "output_text"u8);
            writer.WriteStartArray("annotations"u8);
            AnnotationCodec.WriteAll(writer, Annotations);
            writer.WriteEndArray();
            WriteLogProbs(writer, LogProbs);
            writer.WriteString("text"u8, Text.ToString());
        }

        writer.WriteEndObject();
    }

    public static void WriteLogProbs(Utf8JsonWriter writer, IEnumerable<JsonElement> entries)
    {
        writer.WriteStartArray("logprobs"u8);
        foreach (var entry in entries)
            entry.WriteTo(writer);
        writer.WriteEndArray();
    }
}

/// <summary>Writes the items of an answer, whole or as the skeleton a stream opens them with.</summary>
internal static class OutputWriter
{
    /// <summary>A message.</summary>
    /// <param name="writer">Takes it.</param>
    /// <param name="id">Its id.</param>
    /// <param name="status">Its <c>status</c>.</param>
    /// <param name="parts">Its parts.</param>
    /// <param name="item">The item it came in, for its further members.</param>
    public static void WriteMessage(Utf8JsonWriter writer, string id, string status, IEnumerable<OutputPart> parts, JsonElement? item)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, id);
        writer.WriteString("type"u8, "message"u8);
        writer.WriteString("status"u8, status);
        writer.WriteStartArray("content"u8);
        foreach (var part in parts)
            part.Write(writer);
        writer.WriteEndArray();
        writer.WriteString("role"u8, "assistant"u8);
        WriteOthers(writer, item, "id", "type", "status", "content", "role");
        writer.WriteEndObject();
    }

    /// <summary>Reasoning; its text is a summary, which every client shows.</summary>
    public static void WriteReasoning(Utf8JsonWriter writer, string id, string status, string text, string? encrypted)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, id);
        writer.WriteString("type"u8, "reasoning"u8);
        // OpenAI's own answers often lack it; clients of other servers of this format require it.
        writer.WriteString("status"u8, status);
        writer.WriteStartArray("summary"u8);
        if (text.Length > 0)
            WriteSummary(writer, text);
        writer.WriteEndArray();
        if (encrypted is not null)
            writer.WriteString("encrypted_content"u8, encrypted);
        writer.WriteEndObject();
    }

    public static void WriteSummary(Utf8JsonWriter writer, string text)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "summary_text"u8);
        writer.WriteString("text"u8, text);
        writer.WriteEndObject();
    }

    /// <summary>A call of a tool.</summary>
    public static void WriteCall(
        Utf8JsonWriter writer, string id, string status, WrittenCall call, string arguments, JsonElement? item)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, id);
        writer.WriteString("type"u8, call.IsCustom ? "custom_tool_call"u8 : "function_call"u8);
        writer.WriteString("status"u8, status);
        writer.WriteString(call.IsCustom ? "input"u8 : "arguments"u8, arguments);
        writer.WriteString("call_id"u8, call.Id);
        writer.WriteString("name"u8, call.Name);
        if (call.Namespace is { } value)
        {
            writer.WritePropertyName("namespace"u8);
            value.WriteTo(writer);
        }

        WriteOthers(writer, item, "id", "type", "status", "arguments", "input", "call_id", "name", "namespace");
        writer.WriteEndObject();
    }

    private static void WriteOthers(Utf8JsonWriter writer, JsonElement? item, params ReadOnlySpan<string> written)
    {
        if (item is not { ValueKind: JsonValueKind.Object } wire)
            return;
        foreach (var member in wire.EnumerateObject())
        {
            if (!member.IsNamed(written))
                member.WriteTo(writer);
        }
    }
}
