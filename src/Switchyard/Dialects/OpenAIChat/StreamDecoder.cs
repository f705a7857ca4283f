using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>
/// Reads a streamed chat or legacy completion. Content and tool-call fragments come out with their frame. Whole tool calls, finish
/// reasons and usage come out once, at the end: vendors send content after a finish reason, repeat it, or report usage in every
/// frame, and only the end shows that nothing more will come.
/// </summary>
internal sealed class StreamDecoder(CallOperation operation) : IStreamDecoder
{
    private readonly SortedDictionary<int, StreamedChoice> _choices = [];
    private readonly Dictionary<string, JsonElement> _lastMembers = new(StringComparer.Ordinal);
    private readonly ToolCallBudget _budget = new();
    private TokenUsage _usage;
    private JsonElement? _rawUsage;
    private string? _id;
    private string? _model;
    private DateTimeOffset? _created;
    private bool _failed;

    public bool IsTerminated { get; private set; }

    public TokenUsage Usage => _usage;

    public CallError? Decode(StreamFrame frame, List<ChatResponseUpdate> updates)
    {
        var data = frame.Data.Trim(" \t\r\n"u8);
        if (IsTerminated || data.IsEmpty)
            return null;
        if (DoneMarker.Is(data))
        {
            IsTerminated = true;
            return _failed ? null : End(updates);
        }

        var isErrorEvent = frame.EventName.SequenceEqual("error"u8);
        if (!WireJson.TryParse(data, out var root, out var problem))
        {
            _failed = true;
            return AnswerErrors.UnreadableEvent(problem, isErrorEvent);
        }

        try
        {
            return Decode(root, isErrorEvent, updates);
        }
        catch (CallException exception)
        {
            _failed = true;
            return AnswerErrors.MalformedEvent(exception);
        }
    }

    public CallError? Finish(List<ChatResponseUpdate> updates)
    {
        if (IsTerminated || _failed)
            return null;
        IsTerminated = true;
        // Several vendors just close after the finish reason; closing before it is a broken answer.
        if (_choices.Values.Any(choice => choice.Finish is not null))
            return End(updates);

        AddUsage(updates);
        return AnswerErrors.Interrupted();
    }

    private CallError? Decode(JsonElement root, bool isErrorEvent, List<ChatResponseUpdate> updates)
    {
        if (root.ValueKind != JsonValueKind.Object && !isErrorEvent)
            return null;
        TakeUsage(root.Member("usage"));
        TakeUsage(root.Member("x_groq")?.Member("usage"));
        if (ErrorDecoder.DecodeInBand(root, isErrorEvent) is { } error)
        {
            _failed = true;
            AddUsage(updates);
            return error;
        }

        _id ??= root.Text("id") is { Length: > 0 } id ? id : null;
        _model ??= root.Text("model") is { Length: > 0 } model ? model : null;
        _created ??= AnswerDecoder.Time(root);
        var first = updates.Count;
        if (root.Member("choices") is { ValueKind: JsonValueKind.Array } choices)
        {
            foreach (var choice in choices.EnumerateArray())
            {
                if (choice.ValueKind == JsonValueKind.Object)
                    DecodeChoice(choice, updates);
            }
        }

        KeepMembers(root, first, updates);
        if (ErrorDecoder.DecodeChoices(root) is not { } failure)
            return null;
        _failed = true;
        AddUsage(updates);
        return failure;
    }

    private void DecodeChoice(JsonElement wire, List<ChatResponseUpdate> updates)
    {
        var index = wire.Integer("index") is >= 0 and <= 1000 and var number ? (int)number : 0;
        if (!_choices.TryGetValue(index, out var choice))
            _choices[index] = choice = new StreamedChoice(index, _budget);
        TakeUsage(wire.Member("usage"));

        var update = NewUpdate(index);
        if (operation == CallOperation.Completion)
        {
            if (wire.Text("text") is { Length: > 0 } text)
                update.Contents.Add(new TextContent(text));
        }
        else if (wire.Member("delta") is { ValueKind: JsonValueKind.Object } delta)
        {
            choice.Decode(delta, update, _id);
            choice.CameInPieces |= update.Contents.Count > 0;
        }
        else if (!choice.CameInPieces && wire.Member("message") is { ValueKind: JsonValueKind.Object } message)
        {
            choice.Decode(message, update, _id);
        }

        foreach (var member in wire.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.Null)
                continue;
            if (member.NameEquals(CanonicalKeys.LogProbs))
                Keep(update, CanonicalKeys.LogProbs, member.Value);
            else if (!member.IsNamed("index", "delta", "message", "finish_reason", "text", "usage"))
                Keep(update, CanonicalKeys.ChoicePrefix + member.Name, member.Value);
        }

        if (wire.Text("finish_reason") is { Length: > 0 } finish && choice.Finish is null)
        {
            choice.Finish = finish;
            if (!FinishReasons.IsLossless(finish) && wire.Member("native_finish_reason") is null)
                Keep(update, CanonicalKeys.ChoicePrefix + "native_finish_reason", wire.Member("finish_reason")!.Value);
        }

        var opens = !choice.IsOpen;
        choice.IsOpen = true;
        if (opens || update.Contents.Count > 0 || update.AdditionalProperties?.Keys.Any(key => key != CanonicalKeys.ChoiceIndex) == true)
            updates.Add(update);
    }

    /// <summary>Keeps the chunk's own members on its first update. Padding and repeated values are skipped.</summary>
    private void KeepMembers(JsonElement root, int first, List<ChatResponseUpdate> updates)
    {
        ChatResponseUpdate? update = updates.Count > first ? updates[first] : null;
        foreach (var member in root.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.Null
                || member.IsNamed("id", "object", "created", "model", "choices", "usage", "obfuscation", "p")
                || Repeats(member))
            {
                continue;
            }

            if (update is null)
                updates.Add(update = NewUpdate(0, role: null));
            Keep(update, member.Name, member.Value);
        }
    }

    private bool Repeats(JsonProperty member)
    {
        // A provider may send tens of thousands of members, so they are not searched one by one.
        ref var last = ref CollectionsMarshal.GetValueRefOrAddDefault(_lastMembers, member.Name, out var known);
        var repeats = known && JsonMarshal.GetRawUtf8Value(last).SequenceEqual(JsonMarshal.GetRawUtf8Value(member.Value));
        last = member.Value;
        return repeats;
    }

    private void TakeUsage(JsonElement? usage)
    {
        if (usage is not { ValueKind: JsonValueKind.Object } counts)
            return;
        var later = UsageReader.Read(counts);
        _usage = _usage.UpdatedBy(later);
        if (_rawUsage is null || later.Total is not 0)
            _rawUsage = counts;
    }

    private CallError? End(List<ChatResponseUpdate> updates)
    {
        if (_choices.Values.Any(choice => choice.HasNamelessCall))
        {
            AddUsage(updates);
            return new CallError(CallErrorKind.UpstreamUnavailable, "The provider sent a tool call without a name.");
        }

        foreach (var choice in _choices.Values)
        {
            var update = NewUpdate(choice.Index);
            choice.Complete(update);
            updates.Add(update);
        }

        AddUsage(updates);
        return null;
    }

    private void AddUsage(List<ChatResponseUpdate> updates)
    {
        if (_rawUsage is not { } raw)
            return;
        var content = new UsageContent(_usage.ToUsageDetails()) { AdditionalProperties = new() { [CanonicalKeys.RawUsage] = raw } };
        var update = NewUpdate(0);
        update.Contents.Add(content);
        updates.Add(update);
    }

    private ChatResponseUpdate NewUpdate(int choice) => NewUpdate(choice, ChatRole.Assistant);

    private ChatResponseUpdate NewUpdate(int choice, ChatRole? role)
    {
        var update = new ChatResponseUpdate
        {
            Role = role,
            ResponseId = _id,
            MessageId = choice == 0 ? _id : string.Create(CultureInfo.InvariantCulture, $"{_id}:{choice}"),
            ModelId = _model,
            CreatedAt = _created,
        };
        if (choice > 0)
            Keep(update, CanonicalKeys.ChoiceIndex, choice);
        return update;
    }

    private static void Keep(ChatResponseUpdate update, string name, object value) => (update.AdditionalProperties ??= [])[name] = value;
}
