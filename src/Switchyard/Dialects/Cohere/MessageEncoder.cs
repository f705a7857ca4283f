using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.Cohere;

/// <summary>
/// Writes the conversation, message by message; one without content is left out, because the API refuses it. Images in a tool result, where
/// it takes none, follow in a user message once all results are written.
/// </summary>
internal sealed class MessageEncoder(Utf8JsonWriter writer, string provider, LossReport losses)
{
    private readonly ContentEncoder _contents = new(writer, provider, losses);
    private readonly List<AIContent> _mediaOfResults = [];
    private string _pathOfMedia = "";
    private HashSet<FunctionResultContent> _replaced = [];
    private bool _wroteAny;

    /// <exception cref="CallException">No message has content.</exception>
    public void WriteAll(IReadOnlyList<ChatMessage> messages, string? instructions)
    {
        if (!string.IsNullOrWhiteSpace(instructions))
            WriteText("system", instructions);
        _replaced = RepeatedResults.Of(messages, losses);
        for (var i = 0; i < messages.Count; i++)
            Write(messages[i], MessagePlace.Of(messages[i], i));
        FlushMedia();
        if (!_wroteAny)
            throw Conversation.SaysNothing();
    }

    private void Write(ChatMessage message, string path)
    {
        var parts = new MessageParts(message, path, losses);
        foreach (var result in parts.Results.Where(candidate => !_replaced.Contains(candidate)))
            WriteResult(result, path);
        if (message.Role == ChatRole.Tool)
        {
            if (parts.Results.Count == 0 || parts.Body.Count > 0)
                losses.Drop(path + ".content");
        }
        else
        {
            // No other message may come between the results of one round of calls.
            if (parts.Results.Count == 0)
                FlushMedia();
            if (message.Role == ChatRole.Assistant)
                WriteAssistant(message, parts, path);
            else if (message.Role == ChatRole.System || message.Role.Value == "developer")
                WriteSystem(message, parts);
            else
                WriteUser(parts, path);
            if (message.AuthorName is { Length: > 0 })
                losses.Drop(path + ".name");
        }

        KeptFields.ReportUnprefixed(message.AdditionalProperties, UnsupportedOptions.SaysNothing, losses, path);
        KeptFields.ReportForeign(message.AdditionalProperties, DialectId.Cohere, losses, path);
    }

    private void WriteSystem(ChatMessage message, MessageParts parts)
    {
        var text = _contents.TextOf(message, parts.Body);
        if (!string.IsNullOrWhiteSpace(text))
            WriteText("system", text);
    }

    private void WriteUser(MessageParts parts, string path)
    {
        if (parts.Reasoning.Length > 0)
            losses.Drop(path + ".reasoning");
        var body = _contents.Writable(parts.Body);
        if (body.Count == 0)
            return;
        Begin("user");
        _contents.Write(body);
        writer.WriteEndObject();
    }

    private void WriteAssistant(ChatMessage message, MessageParts parts, string path)
    {
        var text = _contents.TextOf(message, parts.Body);
        var reasoning = parts.Reasoning;
        // Reasoning before a call goes out as tool_plan. The API takes no other reasoning back.
        if (reasoning.Length > 0 && parts.Calls.Count == 0)
            losses.Drop(path + ".reasoning");
        if (parts.Calls.Count == 0 && string.IsNullOrWhiteSpace(text))
            return;
        Begin("assistant");
        if (!string.IsNullOrWhiteSpace(text))
            writer.WriteString("content"u8, text);
        if (parts.Calls.Count > 0)
        {
            if (reasoning.Length > 0)
                writer.WriteString("tool_plan"u8, reasoning);
            writer.WriteStartArray("tool_calls"u8);
            for (var i = 0; i < parts.Calls.Count; i++)
                WriteCall(parts.Calls[i], $"{path}.tool_calls[{i}]");
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private void WriteCall(FunctionCallContent call, string path)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, call.CallId);
        writer.WriteString("type"u8, "function"u8);
        writer.WriteStartObject("function"u8);
        writer.WriteString("name"u8, call.Name);
        writer.WriteString("arguments"u8, ObjectArguments.Of(call, path, losses));
        writer.WriteEndObject();
        writer.WriteEndObject();
        KeptFields.ReportUnprefixed(call.AdditionalProperties, UnsupportedOptions.SaysNothing, losses, path);
        KeptFields.ReportForeign(call.AdditionalProperties, DialectId.Cohere, losses, path);
    }

    private void WriteResult(FunctionResultContent result, string path)
    {
        var read = ToolResult.Of(result);
        CitationLosses.ReportOfResult(result, losses, path);
        Begin("tool");
        writer.WriteString("tool_call_id"u8, result.CallId);
        writer.WriteString("content"u8, read.Text);
        writer.WriteEndObject();
        _mediaOfResults.AddRange(read.Others);
        _pathOfMedia = path;
        KeptFields.ReportUnprefixed(result.AdditionalProperties, UnsupportedOptions.SaysNothing, losses, path);
        KeptFields.ReportForeign(result.AdditionalProperties, DialectId.Cohere, losses, path);
    }

    private void FlushMedia()
    {
        if (_mediaOfResults.Count == 0)
            return;
        var parts = new MessageParts(new ChatMessage(ChatRole.User, [.. _mediaOfResults]), _pathOfMedia, losses);
        _mediaOfResults.Clear();
        WriteUser(parts, _pathOfMedia);
    }

    private void WriteText(string role, string text)
    {
        Begin(role);
        writer.WriteString("content"u8, text);
        writer.WriteEndObject();
    }

    private void Begin(string role)
    {
        _wroteAny = true;
        writer.WriteStartObject();
        writer.WriteString("role"u8, role);
    }
}
