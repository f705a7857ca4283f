using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.Ollama;

/// <summary>
/// Writes the conversation, message by message: the server takes any order of roles. A message's text is one string, its images are beside
/// it, and each tool result is a separate message. A message of which nothing can be written is left out.
/// </summary>
internal sealed class MessageEncoder(Utf8JsonWriter writer, string provider, LossReport losses)
{
    private readonly Dictionary<string, string> _namesOfCalls = new(StringComparer.Ordinal);
    private HashSet<FunctionResultContent> _replaced = [];
    private bool _wroteAny;

    public void WriteAll(IReadOnlyList<ChatMessage> messages, string? instructions)
    {
        if (!string.IsNullOrWhiteSpace(instructions))
            WriteText("system", instructions);
        _replaced = RepeatedResults.Of(messages, losses);
        for (var i = 0; i < messages.Count; i++)
            Write(messages[i], MessagePlace.Of(messages[i], i));
        if (!_wroteAny)
            throw Conversation.SaysNothing();
    }

    private void Write(ChatMessage message, string path)
    {
        var parts = new MessageParts(message, path, provider, losses);
        foreach (var result in parts.Results.Where(candidate => !_replaced.Contains(candidate)))
            WriteResult(message, result, path);
        var isTool = message.Role == ChatRole.Tool;
        if (isTool && (parts.Results.Count == 0 || parts.Text.Length > 0))
            losses.Drop(path + ".content");
        var role = RoleOf(message.Role);
        // A blank system text would displace the model's own.
        if (!isTool && !parts.SaysNothing && !(role == "system" && string.IsNullOrWhiteSpace(parts.Text)))
            WriteMessage(role, parts, path);
        if (message.AuthorName is { Length: > 0 } && !isTool)
            losses.Drop(path + ".name");
        KeptFields.ReportUnprefixed(message.AdditionalProperties, UnsupportedOptions.SaysNothing, losses, path);
        KeptFields.ReportForeign(message.AdditionalProperties, DialectId.Ollama, losses, path);
    }

    private static string RoleOf(ChatRole role) =>
        role == ChatRole.Assistant ? "assistant" : role == ChatRole.System || role.Value == "developer" ? "system" : "user";

    private void WriteMessage(string role, MessageParts parts, string path)
    {
        Begin(role);
        writer.WriteString("content"u8, parts.Text);
        if (parts.Thinking.Length > 0)
            writer.WriteString("thinking"u8, parts.Thinking);
        WriteImages(parts.Images);
        if (parts.Calls.Count > 0)
        {
            writer.WriteStartArray("tool_calls"u8);
            for (var i = 0; i < parts.Calls.Count; i++)
            {
                _namesOfCalls[parts.Calls[i].CallId] = parts.Calls[i].Name;
                ToolCallEncoder.Write(writer, parts.Calls[i], $"{path}.tool_calls[{i}]", losses);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private void WriteResult(ChatMessage message, FunctionResultContent result, string path)
    {
        var read = ToolResult.Of(result);
        CitationLosses.ReportOfResult(result, losses, path);
        var media = new MessageParts(new ChatMessage(ChatRole.User, [.. read.Others]), path, provider, losses);
        Begin("tool");
        writer.WriteString("content"u8, media.Text.Length == 0 ? read.Text : $"{read.Text}\n{media.Text}");
        WriteImages(media.Images);
        var name = _namesOfCalls.TryGetValue(result.CallId, out var called) ? called : message.AuthorName;
        if (!string.IsNullOrEmpty(name))
            writer.WriteString("tool_name"u8, name);
        writer.WriteString("tool_call_id"u8, result.CallId);
        writer.WriteEndObject();
        KeptFields.ReportUnprefixed(result.AdditionalProperties, UnsupportedOptions.SaysNothing, losses, path);
        KeptFields.ReportForeign(result.AdditionalProperties, DialectId.Ollama, losses, path);
    }

    private void WriteImages(List<DataContent> images)
    {
        if (images.Count == 0)
            return;
        writer.WriteStartArray("images"u8);
        foreach (var image in images)
            writer.WriteStringValue(image.Base64Data.Span);
        writer.WriteEndArray();
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
