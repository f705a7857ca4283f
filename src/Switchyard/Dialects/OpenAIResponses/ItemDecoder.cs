using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>
/// Reads items into messages. Everything the model produces in one turn (reasoning, messages, calls) becomes one message, in its order, as
/// in every other format. Items that only this format has are kept whole, in their place.
/// </summary>
internal sealed class ItemDecoder
{
    public static readonly ChatRole Developer = new("developer");

    private static readonly string[] Known =
        ["type", "role", "content", "id", "status", "phase", "call_id", "name", "arguments", "input", "output"];

    private readonly List<ChatMessage> _messages = [];

    /// <summary>The model's turns by the ids of the calls in them; of an id used again, the last one.</summary>
    private readonly Dictionary<string, ChatMessage> _callers = new(StringComparer.Ordinal);

    /// <summary>The results that came when a turn was no longer the last message, by that turn; null if there are none.</summary>
    private Dictionary<ChatMessage, List<ChatMessage>>? _late;

    /// <summary>The last message that is no result.</summary>
    private ChatMessage? _last;

    /// <summary>Whether an item refers to one the provider has stored.</summary>
    public bool HasReference { get; private set; }

    public IReadOnlyList<ChatMessage> DecodeAll(JsonElement input)
    {
        switch (input.ValueKind)
        {
            case JsonValueKind.String:
                _messages.Add(new ChatMessage(ChatRole.User, input.GetString()));
                break;
            case JsonValueKind.Object:
                Decode(input, "input");
                break;
            case JsonValueKind.Array:
                var index = 0;
                foreach (var item in input.EnumerateArray())
                    Decode(item, $"input[{index++}]");
                break;
            default:
                throw RequestErrors.WrongType("input", "a string or an array of items", input.ValueKind);
        }

        return _late is null ? _messages : InPairs(_late);
    }

    /// <summary>Reads an item of the model's into its message.</summary>
    public static void AddOutput(JsonElement item, ChatMessage message, string path)
    {
        switch (TypeOf(item, path))
        {
            case "message":
                AddMessage(item, message, path);
                break;
            case "reasoning":
                message.Contents.Add(Reasoning(item));
                break;
            case "function_call":
                message.Contents.Add(With(item, ToolArguments.ToCall(
                    FieldReader.RequiredText(item, "call_id", path), FieldReader.RequiredName(item, path), ArgumentsOf(item, path))));
                break;
            case "custom_tool_call":
                message.Contents.Add(With(item, Custom(
                    FieldReader.RequiredText(item, "call_id", path), FieldReader.RequiredName(item, path), item.Text("input") ?? "")));
                break;
            case McpApproval.Type:
                message.Contents.Add(McpApproval.Read(item));
                break;
            default:
                message.Contents.Add(ContentDecoder.Whole(item));
                break;
        }
    }

    public static FunctionCallContent Custom(string id, string name, string input) => new(id, name)
    {
        Arguments = new Dictionary<string, object?> { ["input"] = input },
        AdditionalProperties = new() { [CanonicalKeys.RawArguments] = input, [CanonicalKeys.CustomToolCall] = true },
    };

    /// <summary>The arguments as text. Some servers send the object itself instead of a string that holds it.</summary>
    public static string ArgumentsOf(JsonElement item, string path) => item.Member("arguments") switch
    {
        null => "",
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        { ValueKind: JsonValueKind.Object } arguments => WireJson.ToJson(arguments),
        { } other => throw RequestErrors.WrongType(path + ".arguments", "a string", other.ValueKind),
    };

    /// <summary>A reasoning item: its text, and the item kept whole, because the API takes back only the unchanged item.</summary>
    public static TextReasoningContent Reasoning(JsonElement item) => new(TextOf(item))
    {
        ProtectedData = item.Text("encrypted_content"),
        AdditionalProperties = new()
        {
            [CanonicalKeys.ReasoningOrigin] = DialectId.OpenAIResponses.Value,
            [ItemKeys.Raw] = item,
        },
    };

    private void Decode(JsonElement item, string path)
    {
        if (item.ValueKind == JsonValueKind.String)
        {
            Add(new ChatMessage(ChatRole.User, item.GetString()));
            return;
        }

        FieldReader.Object(item, path);
        switch (TypeOf(item, path))
        {
            case "message" when RoleOf(item, path) is var role && role != ChatRole.Assistant:
                var message = new ChatMessage { Role = role, AdditionalProperties = Keep(item) };
                KeepOthers(item, message);
                if (item.Member("content") is { } content)
                    ContentDecoder.AddContents(content, message.Contents, path + ".content");
                Add(message);
                break;
            case "function_call_output" or "custom_tool_call_output":
                var id = FieldReader.RequiredText(item, "call_id", path);
                var result = new ChatMessage(ChatRole.Tool, [With(item, new FunctionResultContent(id, ResultOf(item, path)))]);
                KeepOthers(item, result);
                AddResult(result, id);
                break;
            case "item_reference":
                HasReference = true;
                AddOutput(item, Turn(), path);
                break;
            case var type when type.EndsWith("_output", StringComparison.Ordinal) || type.EndsWith("_response", StringComparison.Ordinal):
                _messages.Add(new ChatMessage(ChatRole.Tool, [ContentDecoder.Whole(item)]));
                break;
            case "reasoning" when CarriedReasoning.Read(item) is { } carried:
                Turn().Contents.Add(carried);
                break;
            default:
                var turn = Turn();
                AddOutput(item, turn, path);
                CarriedReasoning.Sign(turn);
                KeepOthers(item, turn);
                if (turn.Contents.LastOrDefault() is FunctionCallContent call)
                    _callers[call.CallId] = turn;
                break;
        }
    }

    private void Add(ChatMessage message)
    {
        _messages.Add(message);
        _last = message;
    }

    /// <summary>
    /// Adds a result, or keeps it for the turn of its call. In this format other messages may stand between them, as clients write it whose
    /// users go on while a tool runs; no other format takes that.
    /// </summary>
    private void AddResult(ChatMessage result, string callId)
    {
        if (!_callers.TryGetValue(callId, out var caller) || ReferenceEquals(caller, _last))
        {
            _messages.Add(result);
            return;
        }

        _late ??= new(ReferenceEqualityComparer.Instance);
        if (!_late.TryGetValue(caller, out var behind))
            _late[caller] = behind = [];
        behind.Add(result);
    }

    /// <summary>The messages, with every late result behind the turn of its call.</summary>
    private List<ChatMessage> InPairs(Dictionary<ChatMessage, List<ChatMessage>> late)
    {
        var ordered = new List<ChatMessage>(_messages.Count + late.Count);
        foreach (var message in _messages)
        {
            ordered.Add(message);
            if (late.TryGetValue(message, out var results))
                ordered.AddRange(results);
        }

        return ordered;
    }

    /// <summary>
    /// Keeps the further members of a client's item under this dialect's prefix too, where other dialects find them to report. Ids,
    /// statuses and other labels of the provider's own output have no meaning elsewhere.
    /// </summary>
    private static void KeepOthers(JsonElement item, ChatMessage message)
    {
        var content = message.Contents.LastOrDefault();
        if (content is not (FunctionCallContent or FunctionResultContent) && item.Member("content") is null)
            return;
        foreach (var member in item.EnumerateObject())
        {
            if (member.IsNamed(Known) || member.Value.ValueKind == JsonValueKind.Null)
                continue;
            var kept = content is FunctionCallContent or FunctionResultContent
                ? content.AdditionalProperties ??= []
                : message.AdditionalProperties ??= [];
            kept[CanonicalKeys.Own(DialectId.OpenAIResponses, member.Name)] = member.Value;
        }
    }

    /// <summary>The model's last turn if it is still open, else a new one.</summary>
    private ChatMessage Turn()
    {
        if (_messages.Count == 0 || _messages[^1].Role != ChatRole.Assistant)
            Add(new ChatMessage { Role = ChatRole.Assistant });
        return _messages[^1];
    }

    private static void AddMessage(JsonElement item, ChatMessage message, string path)
    {
        var first = message.Contents.Count;
        if (item.Member("content") is { } content)
            ContentDecoder.AddContents(content, message.Contents, path + ".content");
        var isFirst = ItemKeys.ItemOf(message.AdditionalProperties) is null
            && !message.Contents.Take(first).Any(earlier => earlier is TextContent);
        if (isFirst)
            (message.AdditionalProperties ??= [])[ItemKeys.Item] = item;
        else if (message.Contents.Count > first)
            (message.Contents[first].AdditionalProperties ??= [])[ItemKeys.Item] = item;
    }

    /// <summary>The type of an item; <c>message</c> if it has none, because clients may leave it out.</summary>
    private static string TypeOf(JsonElement item, string path)
    {
        FieldReader.Object(item, path);
        if (item.Member("type") is { } type)
            return FieldReader.Text(type, path + ".type")!;
        if (item.Member("role") is not null)
            return "message";
        return (item.Member("call_id"), item.Member("output"), item.Member("name")) switch
        {
            (not null, not null, _) => "function_call_output",
            (not null, null, not null) => "function_call",
            _ => throw RequestErrors.Missing(path + ".type"),
        };
    }

    private static ChatRole RoleOf(JsonElement item, string path) => FieldReader.RequiredText(item, "role", path) switch
    {
        "user" => ChatRole.User,
        "assistant" => ChatRole.Assistant,
        "system" => ChatRole.System,
        "developer" => Developer,
        var other => throw RequestErrors.InvalidValue(
            path + ".role", $"Invalid value: '{other}'. Supported values are: 'assistant', 'system', 'developer', and 'user'."),
    };

    /// <summary>The text of a reasoning item: all of it, else its summary.</summary>
    public static string TextOf(JsonElement item)
    {
        var full = Join(item.Member("content"));
        return full.Length > 0 ? full : Join(item.Member("summary"));
    }

    private static string Join(JsonElement? parts) => parts is { ValueKind: JsonValueKind.Array } list
        ? string.Join("\n\n", list.EnumerateArray().Select(part => part.Text("text")).Where(text => text is { Length: > 0 }))
        : "";

    /// <summary>A text, or, for an output in parts, the list of them.</summary>
    private static object ResultOf(JsonElement item, string path)
    {
        switch (item.Member("output"))
        {
            case null:
                return "";
            case { ValueKind: JsonValueKind.Array } output:
                var parts = new List<AIContent>();
                ContentDecoder.AddContents(output, parts, path + ".output");
                return parts is [TextContent { AdditionalProperties: null } only] ? only.Text : parts;
            case { ValueKind: JsonValueKind.String } text:
                return text.GetString()!;
            case { } other:
                return WireJson.ToJson(other);
        }
    }

    private static T With<T>(JsonElement item, T content)
        where T : AIContent
    {
        (content.AdditionalProperties ??= [])[ItemKeys.Item] = item;
        return content;
    }

    private static AdditionalPropertiesDictionary? Keep(JsonElement item) =>
        item.EnumerateObject().Any(member => !member.IsNamed("type", "role", "content")) ? new() { [ItemKeys.Item] = item } : null;
}
