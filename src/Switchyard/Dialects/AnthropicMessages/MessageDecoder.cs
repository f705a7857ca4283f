using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>Reads the messages of a request, and its system text as one more.</summary>
internal static class MessageDecoder
{
    public static List<ChatMessage> DecodeAll(JsonElement messages)
    {
        FieldReader.Array(messages, "messages");
        if (messages.GetArrayLength() == 0)
            throw RequestErrors.EmptyArray("messages");
        var turns = new TurnJoiner();
        var at = 0;
        foreach (var message in messages.EnumerateArray())
            turns.Add(Decode(message, $"messages[{at++}]"));
        return turns.ToList();
    }

    /// <summary>The system text; null if it is blank.</summary>
    public static ChatMessage? System(JsonElement value)
    {
        var message = new ChatMessage { Role = ChatRole.System };
        AddContents(value, message, "system");
        return message.Contents.All(Conversation.IsBlank) ? null : message;
    }

    private static ChatMessage Decode(JsonElement wire, string path)
    {
        FieldReader.Object(wire, path);
        var message = new ChatMessage { Role = RoleOf(FieldReader.RequiredText(wire, "role", path), path) };
        AddContents(wire.Member("content") ?? throw RequestErrors.Missing(path + ".content"), message, path + ".content");
        foreach (var member in wire.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.Null || member.IsNamed("role", "content"))
                continue;
            var kept = message.AdditionalProperties;
            KeptFields.Keep(ref kept, AnthropicKeys.Dialect, member.Name, member.Value);
            message.AdditionalProperties = kept;
        }

        // Tool results have their own role in the canonical form.
        if (message.Role == ChatRole.User && message.Contents.Count > 0
            && message.Contents.All(content => content is FunctionResultContent))
        {
            message.Role = ChatRole.Tool;
        }

        return message;
    }

    private static void AddContents(JsonElement value, ChatMessage message, string path)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                message.Contents.Add(new TextContent(value.GetString()));
                break;
            case JsonValueKind.Array:
                ContentDecoder.AddAll(value, message.Contents, path);
                break;
            default:
                throw RequestErrors.WrongType(path, "a string or an array of objects", value.ValueKind);
        }
    }

    private static ChatRole RoleOf(string role, string path) => role switch
    {
        "user" => ChatRole.User,
        "assistant" => ChatRole.Assistant,
        "system" => ChatRole.System,
        _ => throw RequestErrors.InvalidValue(
            path + ".role", $"Invalid value: '{role}'. Supported values are: 'user', 'assistant', and 'system'."),
    };
}
