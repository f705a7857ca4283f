using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>
/// Reads messages, of a request's history or of an answer. Reasoning comes first, then content in its order, then a refusal, then
/// tool calls: the order in which a model produces them.
/// </summary>
internal static class MessageDecoder
{
    public static readonly ChatRole Developer = new("developer");

    public static IReadOnlyList<ChatMessage> DecodeAll(JsonElement messages)
    {
        FieldReader.Array(messages, "messages");
        if (messages.GetArrayLength() == 0)
            throw RequestErrors.EmptyArray("messages");
        var decoded = new List<ChatMessage>(messages.GetArrayLength());
        var legacy = new LegacyCallIds();
        foreach (var message in messages.EnumerateArray())
            decoded.Add(Decode(message, $"messages[{decoded.Count}]", legacy));
        return decoded;
    }

    private static ChatMessage Decode(JsonElement wire, string path, LegacyCallIds legacy)
    {
        FieldReader.Object(wire, path);
        var role = FieldReader.RequiredText(wire, "role", path);
        var message = new ChatMessage { Role = RoleOf(role, path) };
        switch (role)
        {
            case "tool":
                message.Contents.Add(ToolResult(wire, path));
                KeepOthers(wire, message, "role", "content", "tool_call_id", "name");
                break;
            case "function":
                message.Contents.Add(LegacyResult(wire, path, legacy));
                KeepOthers(wire, message, "role", "content", "name");
                break;
            case "assistant":
                AddAssistantContents(wire, message.Contents, path, legacy);
                KeepOthers(
                    wire, message, "role", "content", "name", "tool_calls", "function_call", "refusal", "reasoning_content", "reasoning");
                break;
            default:
                ContentDecoder.AddContents(wire, message.Contents, path + ".content");
                KeepOthers(wire, message, "role", "content", "name");
                break;
        }

        if (wire.Member("name") is { } name)
            message.AuthorName = FieldReader.Text(name, path + ".name");
        return message;
    }

    /// <summary>Reads the content of an assistant's message, of a history or of an answer.</summary>
    public static void AddAssistantContents(JsonElement wire, IList<AIContent> contents, string path, LegacyCallIds legacy)
    {
        if ((wire.Text("reasoning_content") is { Length: > 0 } first ? first : wire.Text("reasoning")) is { Length: > 0 } reasoning)
            contents.Add(new TextReasoningContent(reasoning));
        ContentDecoder.AddContents(wire, contents, path + ".content");
        if (wire.Text("refusal") is { } refusal)
            contents.Add(ContentDecoder.Refusal(refusal));
        if (wire.Member("tool_calls") is { } calls)
        {
            var index = 0;
            foreach (var call in FieldReader.Array(calls, path + ".tool_calls").EnumerateArray())
                contents.Add(ToolCallDecoder.Decode(call, $"{path}.tool_calls[{index++}]"));
        }

        if (wire.Member("function_call") is { ValueKind: JsonValueKind.Object } functionCall)
            contents.Add(ToolCallDecoder.DecodeLegacy(functionCall, path + ".function_call", legacy));
    }

    /// <summary>Keeps the members that no property holds, under their own names.</summary>
    public static void KeepOthers(JsonElement wire, ChatMessage message, params ReadOnlySpan<string> known) =>
        KeepOthers(wire, message, isRead: null, known);

    /// <summary>Keeps the members that no property holds and that nothing has read, under their own names.</summary>
    public static void KeepOthers(
        JsonElement wire, ChatMessage message, Func<string, bool>? isRead, params ReadOnlySpan<string> known)
    {
        foreach (var member in wire.EnumerateObject())
        {
            if (known.Contains(member.Name) || isRead?.Invoke(member.Name) == true)
                continue;
            var kept = message.AdditionalProperties;
            WireJson.Keep(ref kept, member.Name, member.Value);
            message.AdditionalProperties = kept;
        }
    }

    private static ChatRole RoleOf(string role, string path) => role switch
    {
        "user" => ChatRole.User,
        "assistant" => ChatRole.Assistant,
        "system" => ChatRole.System,
        "developer" => Developer,
        "tool" or "function" => ChatRole.Tool,
        _ => throw RequestErrors.InvalidValue(
            path + ".role",
            $"Invalid value: '{role}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'."),
    };

    private static FunctionResultContent ToolResult(JsonElement wire, string path)
    {
        var id = FieldReader.RequiredText(wire, "tool_call_id", path);
        return new FunctionResultContent(id, ResultOf(wire, path));
    }

    private static FunctionResultContent LegacyResult(JsonElement wire, string path, LegacyCallIds legacy)
    {
        var id = legacy.Answer(FieldReader.RequiredText(wire, "name", path));
        return new FunctionResultContent(id, ResultOf(wire, path))
        {
            AdditionalProperties = new() { [CanonicalKeys.LegacyFunctionCall] = true },
        };
    }

    /// <summary>A text, or, for content in parts, the list of them.</summary>
    private static object ResultOf(JsonElement wire, string path)
    {
        if (wire.Member("content") is not { ValueKind: JsonValueKind.Array })
            return wire.Member("content") is { } content ? FieldReader.Text(content, path + ".content")! : "";
        var parts = new List<AIContent>();
        ContentDecoder.AddContents(wire, parts, path + ".content");
        return parts is [TextContent { AdditionalProperties: null } only] ? only.Text : parts;
    }
}
