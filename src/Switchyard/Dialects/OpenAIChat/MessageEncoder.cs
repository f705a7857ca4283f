using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;
using Switchyard.Targets;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>
/// Writes the conversation. A canonical message with several tool results becomes several wire messages. Images and files in a tool result,
/// which takes none in this format, follow in a user message once all results are written. A message without writable contents is left out.
/// </summary>
internal sealed class MessageEncoder(Utf8JsonWriter writer, ProviderQuirks quirks, LossReport losses)
{
    private const int LongestName = 64;

    private readonly ContentEncoder _contents = new(writer, quirks, losses);
    private readonly ToolCallIds? _ids = quirks.ToolCallIdLength is { } length
        ? new(ToolCallIds.Alphanumeric, length, exactLength: true)
        : quirks.StrictMessages ? new(ToolCallIds.Printable, ToolCallIds.OpenAILength) : null;
    private readonly List<AIContent> _mediaOfResults = [];
    private HashSet<FunctionResultContent> _replaced = [];
    private IReadOnlyList<ChatMessage> _messages = [];
    private Dictionary<string, string>? _namesOfCalls;
    private bool _isAfterTool;
    private bool _echoes;
    private bool _wroteAny;
    private ChatMessage? _last;

    public void WriteAll(IReadOnlyList<ChatMessage> messages, string? instructions)
    {
        writer.WriteStartArray();
        _messages = messages;
        if (!string.IsNullOrEmpty(instructions))
            WriteInstructions(instructions);
        _echoes = quirks.EchoedReasoning && messages.Any(message => message.Contents.Any(content => content is FunctionCallContent));
        _replaced = RepeatedResults.Of(messages, losses);
        _last = messages.Count > 0 ? messages[^1] : null;
        for (var i = 0; i < messages.Count; i++)
            Write(messages[i], MessagePlace.Of(messages[i], i));
        FlushMedia();
        if (!_wroteAny)
            throw Conversation.SaysNothing();
        writer.WriteEndArray();
    }

    private void WriteInstructions(string instructions)
    {
        Begin("system");
        writer.WriteString("content"u8, instructions);
        writer.WriteEndObject();
    }

    private void Write(ChatMessage message, string path)
    {
        var parts = new MessageParts(message.Contents);
        foreach (var result in parts.Results)
        {
            if (!_replaced.Contains(result))
                WriteResult(message, result, path);
        }

        if (message.Role == ChatRole.Tool)
        {
            if (parts.Results.Count == 0 || parts.Body.Count > 0)
                losses.Drop(path + ".content");
            return;
        }

        if (parts.Results.Count > 0 && parts.Body.Count == 0 && parts.Calls.Count == 0)
            return;
        FlushMedia();
        CitationLosses.Report(message, losses, path);
        var made = TakeMade(message, parts, path);
        var body = _contents.Writable(parts.Body, path + ".content", textOnly: message.Role != ChatRole.User);
        // An empty part beside others says nothing, and servers in front of Claude refuse it.
        if (body.Count > 1)
            body.RemoveAll(static part => IsNothing(part.Content));
        var isLeftOut = (body.Count == 0 && message.Contents.Count > 0)
            || (!quirks.EmptyAnswers && message.Role == ChatRole.Assistant && body.TrueForAll(static part => IsNothing(part.Content)));
        if (isLeftOut && made.Count == 0 && !HasMore(message, parts))
        {
            ReportLeftOut(message, parts, path);
            return;
        }

        Begin(RoleOf(message));
        if (message.Role == ChatRole.Assistant)
        {
            WriteAssistant(message, parts, body, made, path);
        }
        else
        {
            ReportReasoning(parts, path);
            WriteContent(body, emptyIsNull: false);
        }

        WriteName(message, path);
        WriteOthers(message, path);
        writer.WriteEndObject();
    }

    private string RoleOf(ChatMessage message)
    {
        var isInstruction = message.Role == ChatRole.System || message.Role == MessageDecoder.Developer;
        // A provider with that order of turns refuses a conversation that ends with instructions, as those of coding agents do.
        if (isInstruction && quirks.AssistantAfterTool && ReferenceEquals(message, _last))
            return ChatRole.User.Value;
        return isInstruction && !quirks.DeveloperRole ? ChatRole.System.Value : message.Role.Value;
    }

    /// <summary>Takes the media of an earlier answer out of the body: they are written as the members they came as.</summary>
    private List<AIContent> TakeMade(ChatMessage message, MessageParts parts, string path)
    {
        if (message.Role != ChatRole.Assistant || !parts.Body.Exists(AnswerMedia.GoesBack))
            return [];
        var made = parts.Body.FindAll(AnswerMedia.GoesBack);
        parts.Body.RemoveAll(AnswerMedia.GoesBack);
        if (quirks.MessageFields.Count == 0)
            return made;
        losses.Drop(path + ".content");
        return [];
    }

    /// <summary>Whether the message has something to write beside content parts.</summary>
    private bool HasMore(ChatMessage message, MessageParts parts) =>
        parts.Calls.Count > 0
        || (message.Role == ChatRole.Assistant && (HasAudio(message) || (quirks.ThinkingParts && parts.Reasoning.Exists(IsPlain))
            || (quirks.ReasoningField is not null && parts.Reasoning.Exists(content => content.Text.Length > 0))));

    private static bool IsNothing(AIContent content) =>
        content is TextContent { Text.Length: 0, AdditionalProperties: null or { Count: 0 } };

    private bool HasAudio(ChatMessage message) => Takes("audio") && AnswerMedia.KeepsAudio(message);

    /// <summary>Reports what was beside the contents of a message that is left out.</summary>
    private void ReportLeftOut(ChatMessage message, MessageParts parts, string path)
    {
        ReportReasoning(parts, path);
        if (!string.IsNullOrEmpty(message.AuthorName))
            losses.Drop(path + ".name");
        KeptFields.ReportUnprefixed(message.AdditionalProperties, UnsupportedOptions.SaysNothing, losses, path);
        KeptFields.ReportForeign(message.AdditionalProperties, DialectId.OpenAIChat, losses, path);
    }

    private void ReportReasoning(MessageParts parts, string path)
    {
        if (parts.Reasoning.Exists(content => content.Text.Length > 0 || content.ProtectedData is { Length: > 0 }))
            losses.Drop(path + ".reasoning_content");
    }

    private void WriteAssistant(ChatMessage message, MessageParts parts, List<(AIContent Content, string Path)> body, List<AIContent> made,
        string path)
    {
        var refusals = body.FindAll(part => ContentEncoder.IsRefusal(part.Content));
        var asMember = refusals.Count == 1 && Takes("refusal");
        body = asMember ? body.FindAll(part => !ContentEncoder.IsRefusal(part.Content))
            : Takes("refusal") ? body
            : body.ConvertAll(part => ContentEncoder.IsRefusal(part.Content)
                ? (new TextContent(((TextContent)part.Content).Text), part.Path)
                : part);
        var hasMore = parts.Calls.Count > 0 || asMember || made.Count > 0 || HasAudio(message);
        if (quirks.ThinkingParts && parts.Reasoning.Exists(IsPlain))
            WriteThinking(parts.Reasoning, body, path);
        else
            WriteContent(body, emptyIsNull: hasMore, isAnswer: true);
        if (made.Count > 0)
            AnswerMedia.WriteBack(writer, made);
        if (asMember)
            writer.WriteString("refusal"u8, ((TextContent)refusals[0].Content).Text);
        WriteReasoning(quirks.ThinkingParts ? parts.Reasoning.FindAll(content => !IsPlain(content)) : parts.Reasoning, path);
        ToolCallEncoder.WriteAll(writer, parts.Calls, _ids, Takes(LegacyFunctions.Choice) ? null : losses);
        for (var i = 0; i < parts.Calls.Count; i++)
            KeptFields.ReportForeign(parts.Calls[i].AdditionalProperties, DialectId.OpenAIChat, losses, $"{path}.tool_calls[{i}]");
        if (quirks.PrefillField is { } field && parts.Calls.Count == 0 && ReferenceEquals(message, _last)
            && message.AdditionalProperties.Element(field) is null)
        {
            writer.WriteBoolean(field, true);
        }
    }

    /// <summary>Whether it is text without a signature.</summary>
    private static bool IsPlain(TextReasoningContent content) => content.Text.Length > 0 && string.IsNullOrEmpty(content.ProtectedData);

    private void WriteThinking(List<TextReasoningContent> reasoning, List<(AIContent Content, string Path)> body, string path)
    {
        writer.WriteStartArray("content"u8);
        foreach (var content in reasoning.FindAll(IsPlain))
            _contents.WriteThinking(content, path);
        foreach (var (content, at) in body)
        {
            if (!Conversation.IsBlank(content))
                _contents.WritePart(content, at);
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
            if (_echoes && quirks.ReasoningField is { } echoed)
                writer.WriteString(echoed, " "u8);
            return;
        }

        if (quirks.ReasoningField is { } field)
            writer.WriteString(field, text);
        else
            losses.Drop(path + ".reasoning_content");
    }

    private void WriteContent(List<(AIContent Content, string Path)> body, bool emptyIsNull, bool isAnswer = false)
    {
        switch (body)
        {
            case [] when emptyIsNull:
                writer.WriteNull("content"u8);
                break;
            case []:
                writer.WriteString("content"u8, ""u8);
                break;
            case [(TextContent only, _)] when ContentEncoder.IsTextAlone(only):
                writer.WriteString("content"u8, only.Text);
                break;
            case var parts when quirks.PlainTextContent && parts.TrueForAll(static part => ContentEncoder.IsText(part.Content)):
                writer.WriteString("content"u8, _contents.TextOf(parts, isAnswer));
                break;
            default:
                writer.WriteStartArray("content"u8);
                foreach (var (content, at) in body)
                    _contents.WritePart(content, at);
                writer.WriteEndArray();
                break;
        }
    }

    /// <summary>Writes the assistant's turn that a strict provider requires between a tool's and the user's or the system's.</summary>
    private void WriteBridge()
    {
        if (!quirks.AssistantAfterTool || !_isAfterTool)
            return;
        writer.WriteStartObject();
        writer.WriteString("role"u8, "assistant"u8);
        // Not empty: that is refused as well.
        writer.WriteString("content"u8, "Noted."u8);
        writer.WriteEndObject();
    }

    private void WriteResult(ChatMessage message, FunctionResultContent result, string path)
    {
        var legacy = Takes("function_call") && result.AdditionalProperties?.ContainsKey(CanonicalKeys.LegacyFunctionCall) == true;
        Begin(legacy ? "function" : "tool");
        if (legacy)
            writer.WriteString("name"u8, message.AuthorName ?? "");
        else
            writer.WriteString("tool_call_id"u8, _ids is null ? result.CallId : _ids.Fit(result.CallId));
        _contents.WriteResult(result, path, _mediaOfResults);
        if (!legacy && message.AuthorName is { Length: > 0 } name && IsNameOfCall(name, result.CallId))
            writer.WriteString("name"u8, NameOf(name));
        WriteOthers(message, path, isResult: true);
        writer.WriteEndObject();
        KeptFields.ReportForeign(result.AdditionalProperties, DialectId.OpenAIChat, losses, path);
    }

    /// <summary>
    /// Whether the author of a result is its function, or can be, because the call is not known. Libraries of agents write the agent's
    /// name on results as well, and servers that read a result's <c>name</c> take it for the function's.
    /// </summary>
    private bool IsNameOfCall(string author, string callId)
    {
        if (_namesOfCalls is null)
        {
            _namesOfCalls = new(StringComparer.Ordinal);
            foreach (var call in _messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>())
                _namesOfCalls[call.CallId] = call.Name;
        }

        return !_namesOfCalls.TryGetValue(callId, out var called) || called == author;
    }

    private void FlushMedia()
    {
        if (_mediaOfResults.Count == 0)
            return;
        Begin("user");
        writer.WriteStartArray("content"u8);
        foreach (var content in _mediaOfResults)
            _contents.WritePart(content, "messages[].content");
        writer.WriteEndArray();
        writer.WriteEndObject();
        _mediaOfResults.Clear();
    }

    private void Begin(string role)
    {
        if (role is "user" or "system" or "developer")
            WriteBridge();
        _isAfterTool = role is "tool" or "function";
        _wroteAny = true;
        writer.WriteStartObject();
        writer.WriteString("role"u8, role);
    }

    private void WriteName(ChatMessage message, string path)
    {
        if (string.IsNullOrEmpty(message.AuthorName))
            return;
        if (quirks.UnsupportedParams.Contains("messages[].name"))
            losses.Drop(path + ".name");
        else
            writer.WriteString("name"u8, NameOf(message.AuthorName));
    }

    /// <summary>
    /// The API refuses a name with white space, <c>&lt;</c>, <c>|</c>, <c>\</c>, <c>/</c> or <c>&gt;</c> in it, which names of agents
    /// often have, and one of more than 64 characters.
    /// </summary>
    private static string NameOf(string author)
    {
        if (author.Length <= LongestName && !author.Any(IsRefusedInName))
            return author;
        var fitted = string.Concat(author.Trim().Take(LongestName).Select(c => IsRefusedInName(c) ? '_' : c));
        return char.IsHighSurrogate(fitted.LastOrDefault()) ? fitted[..^1] : fitted;
    }

    private static bool IsRefusedInName(char c) => char.IsWhiteSpace(c) || char.IsControl(c) || c is '<' or '|' or '\\' or '/' or '>';

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
                if (!UnsupportedOptions.SaysNothing(name, element))
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

        if (isResult)
            KeptFields.ReportForeign(kept, DialectId.OpenAIChat, losses, path);
        else
            KeptFields.Write(writer, kept, DialectId.OpenAIChat, losses, path);
    }
}
