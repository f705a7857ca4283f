using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>One choice of a stream being read: reads its deltas and gathers its tool calls.</summary>
internal sealed class StreamedChoice(int index, ToolCallBudget budget)
{
    private readonly List<Call> _calls = [];

    public int Index { get; } = index;

    /// <summary>The first finish reason the provider gave.</summary>
    public string? Finish { get; set; }

    /// <summary>Whether an update has been emitted for it.</summary>
    public bool IsOpen { get; set; }

    /// <summary>Whether deltas had content: a whole message after them, with which MiniMax ends, repeats it.</summary>
    public bool CameInPieces { get; set; }

    /// <summary>Whether a call never got a name, without which it cannot be called.</summary>
    public bool HasNamelessCall => _calls.Exists(call => call.Name is null);

    /// <summary>Reads a delta into the update: reasoning, text, refusal, then tool calls.</summary>
    public void Decode(JsonElement delta, ChatResponseUpdate update, string? answerId)
    {
        if ((delta.Text("reasoning_content") is { Length: > 0 } first ? first : delta.Text("reasoning")) is { Length: > 0 } reasoning)
            update.Contents.Add(new TextReasoningContent(reasoning));
        if (delta.Member("content") is not { ValueKind: JsonValueKind.String } content || content.GetString()!.Length > 0)
            ContentDecoder.AddContents(delta, update.Contents, "delta.content");
        if (delta.Text("refusal") is { Length: > 0 } refusal)
            update.Contents.Add(ContentDecoder.Refusal(refusal));
        AnswerMedia.Read(delta, update.Contents);
        if (delta.Member("annotations") is { ValueKind: JsonValueKind.Array } annotations)
            AnnotationCodec.AttachStreamed(annotations, update.Contents);
        if (delta.Member("tool_calls") is { ValueKind: JsonValueKind.Array } calls)
        {
            foreach (var call in calls.EnumerateArray())
            {
                if (call.ValueKind == JsonValueKind.Object)
                    DecodeCall(call, update, answerId);
            }
        }

        if (delta.Member("function_call") is { ValueKind: JsonValueKind.Object } function)
        {
            var legacy = _calls.Find(call => call.IsLegacy) ?? Add(new Call { IsLegacy = true });
            var name = function.Text("name") is { Length: > 0 } some ? some : null;
            Take(legacy, id: null, name, PieceOf(function.Member("arguments")), update, answerId);
        }

        foreach (var member in delta.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Null
                && !member.IsNamed("role", "content", "reasoning_content", "reasoning", "refusal", "tool_calls", "function_call")
                && !AnswerMedia.IsRead(member.Name, update.Contents))
            {
                (update.AdditionalProperties ??= [])[CanonicalKeys.DeltaPrefix + member.Name] = member.Value;
            }
        }
    }

    /// <summary>Adds the whole calls and the finish reason.</summary>
    public void Complete(ChatResponseUpdate update)
    {
        for (var i = 0; i < _calls.Count; i++)
        {
            var call = _calls[i];
            var arguments = call.Arguments.ToString();
            var content = call.IsCustom
                ? ToolCallDecoder.Custom(call.Id ?? "", call.Name ?? "", arguments)
                : ToolArguments.ToCall(call.Id ?? "", call.Name ?? "", arguments);
            content.AdditionalProperties![CanonicalKeys.ToolCallIndex] = i;
            if (call.IsLegacy)
                content.AdditionalProperties[CanonicalKeys.LegacyFunctionCall] = true;
            foreach (var (name, value) in call.Others)
                content.AdditionalProperties[name] = value;
            update.Contents.Add(content);
        }

        update.FinishReason = FinishReasons.Read(Finish, _calls.Count > 0);
    }

    private void DecodeCall(JsonElement wire, ChatResponseUpdate update, string? answerId)
    {
        var id = wire.Text("id") is { Length: > 0 } text ? text : null;
        var custom = wire.Member("custom");
        var body = custom ?? wire.Member("function");
        var name = body?.Text("name") is { Length: > 0 } some ? some : null;
        var piece = PieceOf(body?.Member(custom is null ? "arguments" : "input"));
        var call = Find(wire.Integer("index"), id, name, piece);
        call.IsCustom |= custom is not null;
        foreach (var member in wire.EnumerateObject())
        {
            if (member.Name is not ("index" or "id" or "type" or "function" or "custom") && member.Value.ValueKind != JsonValueKind.Null)
                call.Others[member.Name] = member.Value;
        }

        Take(call, id, name, piece, update, answerId);
    }

    private void Take(Call call, string? id, string? name, string piece, ChatResponseUpdate update, string? answerId)
    {
        call.Id ??= id;
        call.Name ??= name;
        // Some servers close a call by repeating all of it.
        if (call.IsWhole && call.Arguments.Equals(piece.AsSpan()))
            return;
        budget.Take(piece);
        call.Append(piece);

        // A call opens with its name. Until that is known its arguments wait, because clients take the name from the first fragment only.
        var opens = !call.IsOpen && call.Name is not null;
        if (!opens && (!call.IsOpen || piece.Length == 0))
            return;
        if (opens)
            call.Id ??= MakeId(answerId, call.Position);
        call.IsOpen = true;
        update.Contents.Add(new ToolCallFragment
        {
            Index = call.Position,
            CallId = opens ? call.Id : null,
            Name = opens ? call.Name : null,
            Arguments = opens ? call.Arguments.ToString() : piece,
            IsCustom = call.IsCustom,
            AdditionalProperties = opens ? MembersOf(call) : null,
        });
    }

    /// <summary>The members of a call known when it opens. Clients read signatures (<c>extra_content</c>) from its first piece.</summary>
    private static AdditionalPropertiesDictionary? MembersOf(Call call)
    {
        if (!call.IsLegacy && call.Others.Count == 0)
            return null;
        var members = new AdditionalPropertiesDictionary();
        if (call.IsLegacy)
            members[CanonicalKeys.LegacyFunctionCall] = true;
        foreach (var (name, value) in call.Others)
            members[name] = value;
        return members;
    }

    private static string PieceOf(JsonElement? arguments) => arguments switch
    {
        null => "",
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        { } other => WireJson.ToJson(other),
    };

    /// <summary>
    /// The call a fragment belongs to. Vendors leave the index out, or write 0 on every call of a parallel set: then a new id with a name
    /// begins a new call, and without ids another name does, or more arguments after those of a complete call. A name alone that
    /// repeats is the end of the same call.
    /// </summary>
    private Call Find(long? wireIndex, string? id, string? name, string piece)
    {
        var known = wireIndex is { } at
            ? _calls.FindLast(call => call.WireIndex == at)
            : id is null ? _calls.LastOrDefault() : _calls.Find(call => call.Id == id);
        return known is null || (name is not null && IsAnother(known, id, name, piece))
            ? Add(new Call { WireIndex = wireIndex ?? _calls.Count })
            : known;
    }

    private static bool IsAnother(Call known, string? id, string name, string piece)
    {
        if (id is not null && known.Id is not null && known.Id != id)
            return true;
        if (id is not null && known.Id == id)
            return false;
        return (known.Name is not null && known.Name != name)
            || (known.IsWhole && !string.IsNullOrWhiteSpace(piece) && !known.Arguments.Equals(piece.AsSpan()));
    }

    private Call Add(Call call)
    {
        budget.Begin();
        call.Position = _calls.Count;
        _calls.Add(call);
        return call;
    }

    /// <summary>An id for a call whose provider gave none: the same each time the same stream is read.</summary>
    private string MakeId(string? answerId, int position)
    {
        var stem = string.Concat((answerId ?? "").Where(char.IsAsciiLetterOrDigit));
        if (stem.Length > 24)
            stem = stem[^24..];
        return string.Create(CultureInfo.InvariantCulture, $"call_{stem}_{Index}_{position}");
    }

    private sealed class Call
    {
        private ArgumentScan _scan;

        public int Position { get; set; }

        /// <summary>Whether its arguments are a complete object.</summary>
        public bool IsWhole => _scan.IsWhole;

        public long? WireIndex { get; init; }

        public string? Id { get; set; }

        public string? Name { get; set; }

        public StringBuilder Arguments { get; } = new();

        public bool IsOpen { get; set; }

        public bool IsCustom { get; set; }

        public bool IsLegacy { get; init; }

        public Dictionary<string, JsonElement> Others { get; } = [];

        public void Append(string piece)
        {
            _scan.Take(piece);
            Arguments.Append(piece);
        }
    }
}
