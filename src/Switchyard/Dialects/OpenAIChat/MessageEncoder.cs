using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;
using Switchyard.Targets;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>
/// Writes the conversation. A canonical message with several tool results becomes several wire messages. Images and files in a tool result,
/// where this format takes none, follow in a user message once all results are written.
/// </summary>
internal sealed class MessageEncoder(Utf8JsonWriter writer, ProviderQuirks quirks, LossReport losses)
{
    private readonly ContentEncoder _contents = new(writer, quirks, losses);
    private readonly ToolCallIds? _ids = quirks.ToolCallIdLength is { } length
        ? new(ToolCallIds.Alphanumeric, length, exactLength: true)
        : null;
    private readonly List<AIContent> _mediaOfResults = [];

    public void WriteAll(IReadOnlyList<ChatMessage> messages, string? instructions)
    {
        writer.WriteStartArray();
        if (!string.IsNullOrEmpty(instructions))
            WriteInstructions(instructions);
        for (var i = 0; i < messages.Count; i++)
            Write(messages[i], $"messages[{i}]");
        FlushMedia();
        writer.WriteEndArray();
    }

    private void WriteInstructions(string instructions)
    {
        writer.WriteStartObject();
        writer.WriteString("role"u8, "system"u8);
        writer.WriteString("content"u8, instructions);
        writer.WriteEndObject();
    }

    private void Write(ChatMessage message, string path)
    {
        var parts = new MessageParts(message.Contents);
        foreach (var result in parts.Results)
            WriteResult(message, result, path);
        if (message.Role == ChatRole.Tool)
        {
            if (parts.Results.Count == 0 || parts.Body.Count > 0)
                losses.Drop(path + ".content");
            return;
        }

        if (parts.Results.Count > 0 && parts.Body.Count == 0 && parts.Calls.Count == 0)
            return;
        FlushMedia();
        writer.WriteStartObject();
        writer.WriteString(
            "role"u8, !quirks.DeveloperRole && message.Role == MessageDecoder.Developer ? ChatRole.System.Value : message.Role.Value);
        if (message.Role == ChatRole.Assistant)
            WriteAssistant(message, parts, path);
        else
            WriteContent(parts.Body, path, textOnly: message.Role != ChatRole.User, emptyIsNull: false);
        WriteName(message, path);
        WriteOthers(message, path);
        writer.WriteEndObject();
    }

    private void WriteAssistant(ChatMessage message, MessageParts parts, string path)
    {
        var made = parts.Body.FindAll(AnswerMedia.GoesBack);
        parts.Body.RemoveAll(AnswerMedia.GoesBack);
        var refusals = parts.Body.Count(ContentEncoder.IsRefusal);
        var asMember = refusals == 1 && Takes("refusal");
        var body = asMember ? parts.Body.Where(content => !ContentEncoder.IsRefusal(content)).ToList()
            : Takes("refusal") ? parts.Body
            : parts.Body.ConvertAll(content => ContentEncoder.IsRefusal(content) ? new TextContent(((TextContent)content).Text) : content);
        var hasMore = parts.Calls.Count > 0 || asMember || made.Count > 0
            || message.AdditionalProperties?.ContainsKey("audio") == true;
        if (quirks.ThinkingParts && parts.Reasoning.Exists(IsPlain))
            WriteThinking(parts.Reasoning, body, path);
        else
            WriteContent(body, path, textOnly: true, emptyIsNull: hasMore);
        WriteMade(made, path);
        if (asMember)
            writer.WriteString("refusal"u8, ((TextContent)parts.Body.First(ContentEncoder.IsRefusal)).Text);
        WriteReasoning(quirks.ThinkingParts ? parts.Reasoning.FindAll(content => !IsPlain(content)) : parts.Reasoning, path);
        ToolCallEncoder.WriteAll(writer, parts.Calls, _ids, quirks.MessageFields.Count > 0 ? losses : null);
        for (var i = 0; i < parts.Calls.Count; i++)
            KeptFields.ReportForeign(parts.Calls[i].AdditionalProperties, DialectId.OpenAIChat, losses, $"{path}.tool_calls[{i}]");
    }

    /// <summary>What the model made in an earlier turn goes back to where members of messages are not counted.</summary>
    private void WriteMade(List<AIContent> made, string path)
    {
        if (made.Count == 0)
            return;
        if (quirks.MessageFields.Count == 0)
            AnswerMedia.WriteBack(writer, made);
        else
            losses.Drop(path + ".content");
    }

    /// <summary>Whether it is text without a signature.</summary>
    private static bool IsPlain(TextReasoningContent content) => content.Text.Length > 0 && string.IsNullOrEmpty(content.ProtectedData);

    private void WriteThinking(List<TextReasoningContent> reasoning, List<AIContent> body, string path)
    {
        writer.WriteStartArray("content"u8);
        foreach (var content in reasoning.FindAll(IsPlain))
            _contents.WriteThinking(content, path);
        for (var i = 0; i < body.Count; i++)
        {
            if (!Conversation.IsBlank(body[i]))
                _contents.WritePart(body[i], $"{path}.content[{i}]", textOnly: true);
        }

        writer.WriteEndArray();
    }

    private bool Takes(string member) => quirks.MessageFields.Count == 0 || quirks.MessageFields.Contains(member);

    private void WriteReasoning(List<TextReasoningContent> reasoning, string path)
    {
        var text = string.Concat(reasoning.Select(content => content.Text));
        if (text.Length == 0)
        {
            // Encrypted reasoning, which only its provider can read.
            if (reasoning.Exists(content => content.ProtectedData is { Length: > 0 }))
                losses.Drop(path + ".reasoning_content");
            return;
        }

        if (quirks.ReasoningField is { } field)
            writer.WriteString(field, text);
        else
            losses.Drop(path + ".reasoning_content");
    }

    private void WriteContent(List<AIContent> body, string path, bool textOnly, bool emptyIsNull)
    {
        switch (body)
        {
            case [] when emptyIsNull:
                writer.WriteNull("content"u8);
                break;
            case []:
                writer.WriteString("content"u8, ""u8);
                break;
            case [TextContent { AdditionalProperties: null or { Count: 0 } } only]:
                writer.WriteString("content"u8, only.Text);
                break;
            default:
                writer.WriteStartArray("content"u8);
                for (var i = 0; i < body.Count; i++)
                    _contents.WritePart(body[i], $"{path}.content[{i}]", textOnly);
                writer.WriteEndArray();
                break;
        }
    }

    private void WriteResult(ChatMessage message, FunctionResultContent result, string path)
    {
        var legacy = Takes("function_call") && result.AdditionalProperties?.ContainsKey(CanonicalKeys.LegacyFunctionCall) == true;
        writer.WriteStartObject();
        writer.WriteString("role"u8, legacy ? "function"u8 : "tool"u8);
        if (legacy)
            writer.WriteString("name"u8, message.AuthorName ?? "");
        else
            writer.WriteString("tool_call_id"u8, _ids is null ? result.CallId : _ids.Fit(result.CallId));
        _contents.WriteResult(result, _mediaOfResults);
        if (!legacy && message.AuthorName is { } name)
            writer.WriteString("name"u8, name);
        WriteOthers(message, path, isResult: true);
        writer.WriteEndObject();
        KeptFields.ReportForeign(result.AdditionalProperties, DialectId.OpenAIChat, losses, path);
    }

    private void FlushMedia()
    {
        if (_mediaOfResults.Count == 0)
            return;
        writer.WriteStartObject();
        writer.WriteString("role"u8, "user"u8);
        writer.WriteStartArray("content"u8);
        foreach (var content in _mediaOfResults)
            _contents.WritePart(content, "messages[].content", textOnly: false);
        writer.WriteEndArray();
        writer.WriteEndObject();
        _mediaOfResults.Clear();
    }

    private void WriteName(ChatMessage message, string path)
    {
        if (string.IsNullOrEmpty(message.AuthorName))
            return;
        if (quirks.UnsupportedParams.Contains("messages[].name"))
            losses.Drop(path + ".name");
        else
            writer.WriteString("name"u8, message.AuthorName);
    }

    /// <summary>Writes the members kept from the wire. Other values, which an application attached to its messages, are not sent.</summary>
    private void WriteOthers(ChatMessage message, string path, bool isResult = false)
    {
        if (message.AdditionalProperties is not { } kept)
            return;
        foreach (var (name, value) in kept)
        {
            if (value is not JsonElement element || KeptFields.IsPrefixed(name))
                continue;
            if (!Takes(name))
            {
                if (element.ValueKind != JsonValueKind.Null)
                    losses.Drop($"{path}.{name}");
                continue;
            }

            if (name == CanonicalKeys.CacheControl && !quirks.CacheControl)
            {
                losses.Drop($"{path}.{name}");
                continue;
            }

            writer.WritePropertyName(name);
            element.WriteTo(writer);
        }

        if (!isResult)
            KeptFields.Write(writer, kept, DialectId.OpenAIChat, losses, path);
    }
}
