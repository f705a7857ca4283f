using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// Reads <c>contents</c>. Neighbouring contents of one side are one turn: Google's clients keep one content for every chunk of a streamed
/// answer and send them all back. Calls and their responses may come without ids; then a response belongs to the first call of its function
/// that has none yet, in the turn before it.
/// </summary>
internal sealed class MessageDecoder
{
    /// <summary>
    /// The key prefix of a content's further members. Those of a candidate, which an answer's message has, are not sent back.
    /// </summary>
    public static readonly string MemberPrefix = PartDecoder.OwnPrefix + "content.";

    private readonly List<ChatMessage> _messages = [];
    private readonly OpenCalls _open = new();

    /// <summary>The members of contents before the first message; such contents have no parts to keep.</summary>
    private readonly ChatMessage _before = new();

    /// <summary>The results in the user's turn; null while it has none.</summary>
    private ChatMessage? _results;

    /// <summary>Where the user's turn begins.</summary>
    private int _userBegins;

    public static List<ChatMessage> DecodeAll(JsonElement contents)
    {
        // Some clients write one content in place of a list of one.
        if (contents.ValueKind == JsonValueKind.Object)
        {
            var single = new MessageDecoder();
            single.Decode(contents, 0);
            return single.Complete();
        }

        FieldReader.Array(contents, "contents");
        if (contents.GetArrayLength() == 0)
            throw RequestErrors.EmptyArray("contents");
        var decoder = new MessageDecoder();
        var at = 0;
        foreach (var content in contents.EnumerateArray())
            decoder.Decode(content, at++);
        foreach (var message in decoder._messages)
        {
            if (message.Role == ChatRole.Assistant && message.Contents.Count > 1)
                JoinPieces(message);
        }

        return decoder.Complete();
    }

    /// <summary><c>systemInstruction</c> as a message; null if it is empty. Its role is ignored.</summary>
    public static ChatMessage? DecodeSystem(JsonElement wire)
    {
        var message = new ChatMessage { Role = ChatRole.System };
        if (wire.ValueKind == JsonValueKind.String)
        {
            message.Contents.Add(new TextContent(wire.GetString()));
            return message;
        }

        FieldReader.Object(wire, "systemInstruction");
        foreach (var (part, path) in Parts(wire, "systemInstruction"))
            message.Contents.Add(PartDecoder.Decode(part, path, static name => name));
        KeepMembers(wire, message);
        return message.Contents.Count == 0 ? null : message;
    }

    private static IEnumerable<(JsonElement Part, string Path)> Parts(JsonElement content, string path)
    {
        if (content.Field("parts") is not { } parts)
            yield break;
        // Some clients write one part in place of a list of one.
        if (parts.ValueKind == JsonValueKind.Object)
        {
            yield return (parts, path + ".parts");
            yield break;
        }

        FieldReader.Array(parts, path + ".parts");
        var at = 0;
        foreach (var part in parts.EnumerateArray())
            yield return (part, string.Create(CultureInfo.InvariantCulture, $"{path}.parts[{at++}]"));
    }

    private List<ChatMessage> Complete()
    {
        if (_before.AdditionalProperties is { } members && _messages is [var first, ..])
        {
            foreach (var (key, value) in members)
                (first.AdditionalProperties ??= []).TryAdd(key, value);
        }

        return _messages;
    }

    private void Decode(JsonElement wire, int at)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"contents[{at}]");
        FieldReader.Object(wire, path);
        var role = wire.Field("role") is { } member ? FieldReader.Text(member, path + ".role") : null;
        switch (role)
        {
            case "model":
                DecodeModel(wire, at, path);
                break;
            // Clients send results under any of these.
            case null or "" or "user" or "function" or "tool":
                DecodeUser(wire, path);
                break;
            default:
                throw RequestErrors.InvalidValue(
                    path + ".role", $"Invalid value for '{path}.role': '{role}'. Supported values are: 'user' and 'model'.");
        }
    }

    private void DecodeModel(JsonElement wire, int at, string path)
    {
        var turn = _messages is [.., var last] && last.Role == ChatRole.Assistant ? last : null;
        if (turn is null)
            _open.Clear();
        var message = turn ?? new ChatMessage { Role = ChatRole.Assistant };
        var calls = 0;
        foreach (var (part, partPath) in Parts(wire, path))
        {
            var content = DecodePart(
                part, partPath, name => CallIdMaker.Make(at.ToString(CultureInfo.InvariantCulture), 0, calls, name));
            if (content is FunctionCallContent call)
            {
                _open.Add(call.Name, call.CallId);
                calls++;
            }

            message.Contents.Add(content);
        }

        // The last chunk of an answer may hold only its finish reason.
        if (turn is null && !message.Contents.Any(content => !IsPlain(content) || ((TextContent)content).Text.Length > 0))
        {
            KeepMembers(wire, Nearest());
            return;
        }

        KeepMembers(wire, message);
        if (turn is null)
            _messages.Add(message);
    }

    private void DecodeUser(JsonElement wire, string path)
    {
        if (_messages.Count == 0 || _messages[^1].Role == ChatRole.Assistant)
            (_results, _userBegins) = (null, _messages.Count);
        var (before, message) = (_results, new ChatMessage { Role = ChatRole.User });
        foreach (var (part, partPath) in Parts(wire, path))
        {
            FieldReader.Object(part, partPath);
            if (part.Field("functionResponse") is { } response)
                (_results ??= new ChatMessage { Role = ChatRole.Tool }).Contents.Add(
                    DecodeResult(response, part, partPath + ".functionResponse"));
            else
                message.Contents.Add(DecodePart(part, partPath, static name => name));
        }

        // Results come first in their turn, wherever in it the client put them.
        if (before is null && _results is not null)
            _messages.Insert(_userBegins, _results);
        KeepMembers(wire, message.Contents.Count > 0 ? message : _results ?? Nearest());
        if (message.Contents.Count > 0)
            _messages.Add(message);
    }

    /// <summary>Where the members of a content without parts are kept: on the message before it, or on the first one to come.</summary>
    private ChatMessage Nearest() => _messages is [.., var last] ? last : _before;

    /// <summary>Keeps the members of a content beside its role and parts.</summary>
    private static void KeepMembers(JsonElement wire, ChatMessage message)
    {
        foreach (var member in wire.EnumerateObject())
        {
            if (!member.IsNamed("role", "parts") && member.Value.ValueKind != JsonValueKind.Null)
                (message.AdditionalProperties ??= [])[MemberPrefix + ProtoJson.Camel(member.Name)] = member.Value;
        }
    }

    /// <summary>Joins the consecutive pieces that a client kept of a streamed text into one text. An empty text is removed.</summary>
    private static void JoinPieces(ChatMessage turn)
    {
        var joined = new List<AIContent>(turn.Contents.Count);
        var text = new StringBuilder();
        foreach (var content in turn.Contents)
        {
            if (IsPlain(content))
            {
                text.Append(((TextContent)content).Text);
                continue;
            }

            Flush();
            joined.Add(content);
        }

        Flush();
        turn.Contents = joined;

        void Flush()
        {
            if (text.Length > 0)
                joined.Add(new TextContent(text.ToString()));
            text.Clear();
        }
    }

    private static bool IsPlain(AIContent content) => content is TextContent { AdditionalProperties: null };

    /// <summary>A part of a history. An empty text with a signature is kept whole, because encoders leave empty texts out.</summary>
    private static AIContent DecodePart(JsonElement part, string path, Func<string, string> makeId)
    {
        var content = PartDecoder.Decode(part, path, makeId);
        return content is TextContent text && string.IsNullOrWhiteSpace(text.Text) && ThoughtSignatures.Of(text) is not null
            ? PartDecoder.KeepWhole(part)
            : content;
    }

    private FunctionResultContent DecodeResult(JsonElement wire, JsonElement part, string path)
    {
        FieldReader.Object(wire, path);
        var name = FieldReader.RequiredText(wire, "name", path);
        var id = wire.FieldText("id") is { Length: > 0 } wireId ? wireId : null;
        // An unknown id may be one that CallIdMaker gave to a call that the client sent back without it.
        var callId = (id is null ? null : _open.TakeId(id)) ?? _open.TakeNamed(name) ?? id ?? name;

        var result = new FunctionResultContent(callId, ResultOf(wire, path, out var isError));
        if (isError)
            result.AdditionalProperties = new() { [CanonicalKeys.IsError] = true };
        foreach (var member in wire.EnumerateObject())
        {
            var field = ProtoJson.Camel(member.Name);
            if (field is not ("name" or "id" or "response" or "parts") && member.Value.ValueKind != JsonValueKind.Null)
                (result.AdditionalProperties ??= [])[PartDecoder.OwnPrefix + field] = member.Value;
        }

        // A response with further members is kept whole, to go back to this format as it came.
        if (wire.EnumerateObject().Any(member => member.Name is not ("name" or "response")) || part.EnumerateObject().Count() > 1)
            (result.AdditionalProperties ??= [])[CanonicalKeys.Raw(DialectId.Gemini)] = part;
        return result;
    }

    /// <summary>
    /// The text of <c>output</c> or <c>error</c> where it is the only member; else the object, and media in the list after it.
    /// </summary>
    private static object ResultOf(JsonElement wire, string path, out bool isError)
    {
        isError = false;
        object result = "";
        if (wire.Field("response") is { } response)
        {
            FieldReader.Object(response, path + ".response");
            var isAlone = response.EnumerateObject().Count() == 1;
            isError = isAlone && response.Text("error") is not null;
            result = isAlone && (response.Text("output") ?? response.Text("error")) is { } text ? text : response;
        }

        if (wire.Field("parts") is not { ValueKind: JsonValueKind.Array } parts || parts.GetArrayLength() == 0)
            return result;
        var contents = new List<AIContent> { new TextContent(result as string ?? ((JsonElement)result).GetRawText()) };
        foreach (var part in parts.EnumerateArray())
            contents.Add(PartDecoder.Decode(part, path + ".parts", static name => name));
        return contents;
    }
}
