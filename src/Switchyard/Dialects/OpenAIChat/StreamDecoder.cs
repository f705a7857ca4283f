using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>
/// Reads a streamed chat or legacy completion. Content and tool-call fragments come out with their frame. Whole tool calls, finish
/// reasons and usage come out once, at the end: vendors send content after a finish reason, repeat it, or report usage in every
/// frame, and only the end tells that nothing more will come.
/// </summary>
internal sealed class StreamDecoder(CallOperation operation) : IStreamDecoder
{
    private readonly SortedDictionary<int, StreamedChoice> _choices = [];
    private readonly Dictionary<string, string> _lastMembers = [];
    private TokenUsage _usage;
    private JsonElement? _rawUsage;
    private string? _id;
    private string? _model;
    private DateTimeOffset? _created;
    private bool _failed;

    public bool IsTerminated { get; private set; }

    public CallError? Decode(SseFrame frame, List<ChatResponseUpdate> updates)
    {
        var data = frame.Data.Trim(" \t\r\n"u8);
        if (IsTerminated || data.IsEmpty)
            return null;
        if (data.SequenceEqual("[DONE]"u8))
        {
            IsTerminated = true;
            if (!_failed)
                End(updates);
            return null;
        }

        var isErrorEvent = frame.EventName.SequenceEqual("error"u8);
        if (!WireJson.TryParse(data, out var root, out var problem))
        {
            _failed = true;
            return new CallError(CallErrorKind.UpstreamUnavailable, isErrorEvent
                ? "The provider reported an error in its stream."
                : "The provider sent a stream event that is not JSON.") { Cause = problem };
        }

        try
        {
            return Decode(root, isErrorEvent, updates);
        }
        catch (CallException exception)
        {
            _failed = true;
            return new CallError(
                CallErrorKind.UpstreamUnavailable, "The provider sent a stream event of an unexpected shape. " + exception.Message)
            {
                Cause = exception,
            };
        }
    }

    public CallError? Finish(List<ChatResponseUpdate> updates)
    {
        if (IsTerminated || _failed)
            return null;
        IsTerminated = true;
        // Several vendors just close after the finish reason; closing before it is a broken answer.
        if (_choices.Values.Any(choice => choice.Finish is not null))
        {
            End(updates);
            return null;
        }

        AddUsage(updates);
        return new CallError(CallErrorKind.StreamInterrupted, "The provider's stream ended before its answer was complete.");
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
        return null;
    }

    private void DecodeChoice(JsonElement wire, List<ChatResponseUpdate> updates)
    {
        var index = wire.Integer("index") is >= 0 and <= 1000 and var given ? (int)given : 0;
        if (!_choices.TryGetValue(index, out var choice))
            _choices[index] = choice = new StreamedChoice(index);
        TakeUsage(wire.Member("usage"));

        var update = NewUpdate(index);
        if (operation == CallOperation.Completion)
        {
            if (wire.Text("text") is { Length: > 0 } text)
                update.Contents.Add(new TextContent(text));
        }
        else if ((wire.Member("delta") ?? wire.Member("message")) is { ValueKind: JsonValueKind.Object } delta)
        {
            choice.Decode(delta, update, _id);
        }

        foreach (var member in wire.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.Null)
                continue;
            if (member.Name == CanonicalKeys.LogProbs)
                Keep(update, CanonicalKeys.LogProbs, member.Value);
            else if (member.Name is not ("index" or "delta" or "message" or "finish_reason" or "text" or "usage"))
                Keep(update, CanonicalKeys.ChoicePrefix + member.Name, member.Value);
        }

        if (wire.Text("finish_reason") is { Length: > 0 } finish && choice.Finish is null)
        {
            choice.Finish = finish;
            if (!FinishReasons.IsOwn(finish) && wire.Member("native_finish_reason") is null)
                Keep(update, CanonicalKeys.ChoicePrefix + "native_finish_reason", wire.Member("finish_reason")!.Value);
        }

        var opens = !choice.IsOpen;
        choice.IsOpen = true;
        if (opens || update.Contents.Count > 0 || update.AdditionalProperties?.Keys.Any(key => key != CanonicalKeys.ChoiceIndex) == true)
            updates.Add(update);
    }

    /// <summary>Keeps the chunk's own members on its first update. What only repeats the chunk before is passed over.</summary>
    private void KeepMembers(JsonElement root, int first, List<ChatResponseUpdate> updates)
    {
        ChatResponseUpdate? update = updates.Count > first ? updates[first] : null;
        foreach (var member in root.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.Null
                || member.Name is "id" or "object" or "created" or "model" or "choices" or "usage" or "obfuscation")
            {
                continue;
            }

            var raw = member.Value.GetRawText();
            if (_lastMembers.TryGetValue(member.Name, out var last) && last == raw)
                continue;
            _lastMembers[member.Name] = raw;
            if (update is null)
                updates.Add(update = NewUpdate(0, role: null));
            Keep(update, member.Name, member.Value);
        }
    }

    private void TakeUsage(JsonElement? usage)
    {
        if (usage is not { ValueKind: JsonValueKind.Object } given)
            return;
        _usage = _usage.UpdatedBy(UsageReader.Read(given));
        _rawUsage = given;
    }

    private void End(List<ChatResponseUpdate> updates)
    {
        foreach (var choice in _choices.Values)
        {
            var update = NewUpdate(choice.Index);
            choice.Complete(update);
            updates.Add(update);
        }

        AddUsage(updates);
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
