using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>
/// Writes the conversation as items, in the order of its contents: reasoning before its results. Only reasoning made by a provider of
/// this format is written as reasoning, unchanged.
/// </summary>
/// <param name="writer">Takes the items.</param>
/// <param name="losses">Takes the names of members left out.</param>
/// <param name="isFallback">
/// Whether the target is a fallback for another provider: then encrypted reasoning, which only that one can read, and the ids that point
/// to it are left out.
/// </param>
/// <param name="isNative">Whether the client itself speaks this format: unprefixed fields are then not reported as lost.</param>
internal sealed class ItemEncoder(Utf8JsonWriter writer, LossReport losses, bool isFallback, bool isNative)
{
    private static readonly ToolCallIds Ids = new(
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:"), 64);

    private readonly ContentEncoder _contents = new(writer, losses);
    private readonly HashSet<string> _customCalls = new(StringComparer.Ordinal);
    private HashSet<FunctionResultContent> _replaced = [];

    public void WriteAll(IReadOnlyList<ChatMessage> messages)
    {
        writer.WriteStartArray();
        var begin = writer.BytesCommitted + writer.BytesPending;
        _replaced = RepeatedResults.Of(messages, losses);
        for (var i = 0; i < messages.Count; i++)
            Write(messages[i], MessagePlace.Of(messages[i], i));
        if (writer.BytesCommitted + writer.BytesPending == begin)
            throw Conversation.SaysNothing();
        writer.WriteEndArray();
    }

    private void Write(ChatMessage message, string path)
    {
        KeptFields.ReportForeign(message.AdditionalProperties, DialectId.OpenAIResponses, losses, path);
        KeptFields.ReportUnprefixed(message.AdditionalProperties, SaysNothing, losses, path);
        // A result's author name repeats the name in its call.
        if (!string.IsNullOrEmpty(message.AuthorName) && message.Role != ChatRole.Tool)
            losses.Drop(path + ".name");
        if (message.Role == ChatRole.Assistant)
            WriteAssistant(message, path);
        else
            WriteOther(message, path);
    }

    private void WriteOther(ChatMessage message, string path)
    {
        var body = new List<(AIContent Content, string Path)>();
        for (var i = 0; i < message.Contents.Count; i++)
        {
            var (content, at) = (message.Contents[i], PathOf(message, path, i));
            if (content is FunctionResultContent result)
            {
                if (!_replaced.Contains(result))
                    WriteResult(result, at);
            }
            else if (content is ToolApprovalResponseContent { ToolCall: McpServerToolCallContent } answer)
                McpApproval.WriteResponse(writer, answer);
            else if (message.Role == ChatRole.Tool && ItemKeys.RawOf(content) is { } raw)
                raw.WriteTo(writer);
            else if (message.Role == ChatRole.Tool)
                losses.Drop(at);
            else if (ContentEncoder.HasPlace(content) && content is not (TextReasoningContent or ToolApprovalRequestContent))
                body.Add((content, at));
            else if (content is not (UsageContent or ToolCallFragment))
                losses.Drop(at);
        }

        if (message.Role == ChatRole.Tool || (body.Count == 0 && message.Contents.Count > 0))
            return;
        writer.WriteStartObject();
        // An answer that the application gives to another model as a user's message is no longer that item.
        if (ItemKeys.ItemOf(message.AdditionalProperties) is { } item && item.Text("role") == message.Role.Value)
            WriteMembers(item, "type", "role", "content");
        writer.WriteString("role"u8, message.Role.Value);
        if (body is [] or [(TextContent { AdditionalProperties: null or { Count: 0 } }, _)])
        {
            writer.WriteString("content"u8, body is [var only] ? ((TextContent)only.Content).Text : "");
        }
        else
        {
            writer.WriteStartArray("content"u8);
            foreach (var (content, at) in body)
                _contents.WritePart(content, at);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private void WriteAssistant(ChatMessage message, string path)
    {
        var open = false;
        var first = true;
        var unsigned = new List<TextReasoningContent>();
        for (var i = 0; i < message.Contents.Count; i++)
        {
            var (content, at) = (message.Contents[i], PathOf(message, path, i));
            var isText = content is TextContent;
            if (content is UsageContent or ToolCallFragment || (isText && IsNothing((TextContent)content)))
                continue;
            var begins = isText && ItemKeys.ItemOf(content.AdditionalProperties) is not null;
            if (open && (!isText || begins))
                EndMessage(ref open);
            if (content is TextReasoningContent reasoning)
            {
                TakeReasoning(reasoning, unsigned, path);
                continue;
            }

            if (unsigned.Count > 0)
                DropReasoning(unsigned, path);
            if (isText)
            {
                if (!open)
                {
                    BeginMessage(
                        ItemKeys.ItemOf(content.AdditionalProperties) ?? (first ? ItemKeys.ItemOf(message.AdditionalProperties) : null));
                }

                (open, first) = (true, false);
                _contents.WritePart(content, at, isOutput: true);
            }
            else if (content is FunctionCallContent call)
            {
                WriteCall(call, at);
            }
            else if (ItemKeys.RawOf(content) is { } raw)
            {
                raw.WriteTo(writer);
            }
            else if (content is ToolApprovalRequestContent { ToolCall: McpServerToolCallContent asked } question)
            {
                McpApproval.WriteRequest(writer, question.RequestId, asked);
            }
            else
            {
                losses.Drop(at);
            }
        }

        EndMessage(ref open);
        DropReasoning(unsigned, path);
    }

    private void BeginMessage(JsonElement? item)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "message"u8);
        WriteMembers(item, "type", "role", "content");
        writer.WriteString("role"u8, "assistant"u8);
        writer.WriteStartArray("content"u8);
    }

    private void EndMessage(ref bool open)
    {
        if (!open)
            return;
        open = false;
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary>In a stream the text comes first and the encrypted item last; the item is written in place of the text.</summary>
    private void TakeReasoning(TextReasoningContent reasoning, List<TextReasoningContent> unsigned, string path)
    {
        var raw = ItemKeys.RawOf(reasoning);
        if (!ItemKeys.IsOurs(reasoning) || (raw is { } sent ? ReasoningOrigin.IsForeign(sent) : reasoning.ProtectedData is null))
        {
            unsigned.Add(reasoning);
            return;
        }

        // Only the first piece of a streamed item has an origin.
        var begin = unsigned.FindIndex(ItemKeys.IsOurs);
        List<TextReasoningContent> pieces = begin < 0 ? [reasoning] : [.. unsigned[begin..], reasoning];
        if (begin >= 0)
            unsigned.RemoveRange(begin, unsigned.Count - begin);
        var text = string.Concat(pieces.Select(piece => piece.Text));
        var item = pieces.Select(piece => ItemKeys.ItemOf(piece.AdditionalProperties)).FirstOrDefault(found => found is not null);
        DropReasoning(unsigned, path);
        if (isFallback)
            losses.Drop(path + ".reasoning");
        else if (raw is { } whole)
            writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(whole), skipInputValidation: true);
        else
            WriteReasoning(item, text, reasoning.ProtectedData!);
    }

    private void WriteReasoning(JsonElement? item, string text, string encrypted)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "reasoning"u8);
        if (item?.Text("id") is { } id)
            writer.WriteString("id"u8, id);
        writer.WriteStartArray("summary"u8);
        if (text.Length > 0)
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "summary_text"u8);
            writer.WriteString("text"u8, text);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteString("encrypted_content"u8, encrypted);
        writer.WriteEndObject();
    }

    private void DropReasoning(List<TextReasoningContent> unsigned, string path)
    {
        if (unsigned.Count > 0)
            losses.Drop(path + ".reasoning");
        unsigned.Clear();
    }

    private void WriteCall(FunctionCallContent call, string path)
    {
        var custom = ItemKeys.IsCustom(call);
        if (custom)
            _customCalls.Add(call.CallId);
        writer.WriteStartObject();
        writer.WriteString("type"u8, custom ? "custom_tool_call"u8 : "function_call"u8);
        WriteMembers(ItemKeys.ItemOf(call.AdditionalProperties), "type", "role", "call_id", "name", "arguments", "input");
        writer.WriteString("call_id"u8, Ids.Fit(call.CallId));
        writer.WriteString("name"u8, call.Name);
        writer.WriteString(custom ? "input"u8 : "arguments"u8, ItemKeys.ArgumentsOf(call));
        WriteOwn(call, path);
        writer.WriteEndObject();
        KeptFields.ReportUnprefixed(call.AdditionalProperties, SaysNothing, losses, path);
        if (call.AdditionalProperties?.ContainsKey(CanonicalKeys.Signature) == true)
            losses.Drop(path + ".reasoning");
    }

    private void WriteResult(FunctionResultContent result, string path)
    {
        var item = ItemKeys.ItemOf(result.AdditionalProperties);
        var custom = _customCalls.Contains(result.CallId) || item?.Text("type") == "custom_tool_call_output";
        writer.WriteStartObject();
        writer.WriteString("type"u8, custom ? "custom_tool_call_output"u8 : "function_call_output"u8);
        WriteMembers(item, "type", "role", "call_id", "output");
        writer.WriteString("call_id"u8, Ids.Fit(result.CallId));
        _contents.WriteOutput(result, path);
        WriteOwn(result, path);
        writer.WriteEndObject();
        KeptFields.ReportUnprefixed(result.AdditionalProperties, SaysNothing, losses, path);
    }

    /// <summary>Writes this format's own fields, unless the content has its item, which holds them already.</summary>
    private void WriteOwn(AIContent content, string path)
    {
        if (ItemKeys.ItemOf(content.AdditionalProperties) is null)
            KeptFields.Write(writer, content.AdditionalProperties, DialectId.OpenAIResponses, losses, path);
        else
            KeptFields.ReportForeign(content.AdditionalProperties, DialectId.OpenAIResponses, losses, path);
    }

    /// <summary>Writes the item's further members.</summary>
    private void WriteMembers(JsonElement? item, params ReadOnlySpan<string> without)
    {
        if (item is not { ValueKind: JsonValueKind.Object } wire)
            return;
        foreach (var member in wire.EnumerateObject())
        {
            if (!member.IsNamed(without) && !(isFallback && member.NameEquals("id")) && member.Value.ValueKind != JsonValueKind.Null)
                member.WriteTo(writer);
        }
    }

    /// <summary>Whether leaving the member out loses nothing: it is null or an empty list, or the client speaks this format.</summary>
    private bool SaysNothing(string name, JsonElement value) =>
        isNative || value.ValueKind == JsonValueKind.Null || (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0);

    private static bool IsNothing(TextContent text) => text.Text.Length == 0 && text.Annotations is not { Count: > 0 };

    private static string PathOf(ChatMessage message, string path, int index) =>
        message.Contents.Count == 1 ? $"{path}.content" : $"{path}.content[{index}]";
}
