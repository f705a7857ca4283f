using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>
/// Reads a streamed answer. Text, reasoning and pieces of arguments come out with their event; whole calls, the finish reason and usage
/// come once, with the last one. What comes only in a <c>.done</c> event, or only in the answer at the end, is not lost.
/// </summary>
internal sealed class StreamDecoder : IStreamDecoder
{
    private readonly StreamedOutput _output = new();
    private TokenUsage _usage;
    private JsonElement? _rawUsage;
    private string? _id;
    private string? _conversation;
    private string? _model;
    private DateTimeOffset? _created;
    private bool _opened;
    private bool _failed;

    public bool IsTerminated { get; private set; }

    public TokenUsage Usage => _usage;

    public CallError? Decode(StreamFrame frame, List<ChatResponseUpdate> updates)
    {
        var data = frame.Data.Trim(" \t\r\n"u8);
        // Some servers end this format with chat's terminator.
        if (IsTerminated || data.IsEmpty || DoneMarker.Is(data))
            return null;
        var isErrorEvent = frame.EventName.SequenceEqual("error"u8);
        if (!WireJson.TryParse(data, out var root, out var problem))
        {
            _failed = true;
            return AnswerErrors.UnreadableEvent(problem, isErrorEvent);
        }

        try
        {
            return Decode(root, isErrorEvent ? "error" : root.Text("type"), updates);
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
        AddUsage(updates);
        return AnswerErrors.Interrupted();
    }

    private CallError? Decode(JsonElement root, string? type, List<ChatResponseUpdate> updates)
    {
        _usage = HostedCalls.CountEvent(_usage, type);
        if (root.Member("response") is { ValueKind: JsonValueKind.Object } response)
            TakeResponse(response);
        switch (type)
        {
            case "response.completed" or "response.incomplete" or "response.done":
                return End(root, updates);
            case "response.failed" or "response.cancelled":
                return Fail(
                    root.Member("response") is { } failed
                        ? ErrorDecoder.OfResponse(failed) ?? ErrorDecoder.OfEvent(failed)
                        : ErrorDecoder.OfEvent(root),
                    updates);
            case "error":
                return Fail(ErrorDecoder.OfEvent(root), updates);
            case null when root.Member("error") is not null:
            case var _ when ErrorDecoder.IsError(type, root):
                return Fail(ErrorDecoder.OfEvent(root), updates);
        }

        var update = NewUpdate();
        _output.Take(type ?? "", root, update);
        if (!_opened && root.Member("response") is { } opened)
        {
            if (opened.Member("service_tier") is { ValueKind: JsonValueKind.String } tier)
                (update.AdditionalProperties ??= [])["service_tier"] = tier;
            updates.Add(update);
            _opened = true;
        }
        else if (update.Contents.Count > 0 || update.AdditionalProperties is not null)
        {
            updates.Add(update);
        }

        return null;
    }

    private void TakeResponse(JsonElement response)
    {
        _id ??= response.Text("id") is { Length: > 0 } id ? id : null;
        _conversation ??= AnswerDecoder.ConversationOf(response);
        _model ??= response.Text("model") is { Length: > 0 } model ? model : null;
        _created ??= AnswerDecoder.Time(response);
        _usage = HostedCalls.Count(_usage, response);
        if (response.Member("usage") is not { ValueKind: JsonValueKind.Object } usage)
            return;
        _usage = _usage.UpdatedBy(UsageReader.Read(usage));
        _rawUsage = usage;
    }

    private CallError? End(JsonElement root, List<ChatResponseUpdate> updates)
    {
        var response = root.Member("response") is { ValueKind: JsonValueKind.Object } member ? member : default;
        if (ErrorDecoder.OfResponse(response) is { } error)
            return Fail(error, updates);
        var missed = NewUpdate();
        if (response.Member("output") is { ValueKind: JsonValueKind.Array } output)
            _output.TakeMissed(output, missed);
        if (missed.Contents.Count > 0)
            updates.Add(missed);
        if (_output.HasNamelessCall)
            return Fail(new CallError(CallErrorKind.UpstreamUnavailable, "The provider sent a tool call without a name."), updates);

        var reason = response.Member("incomplete_details")?.Text("reason");
        if (FinishWords.ErrorOf(reason) is { } failure)
            return Fail(failure, updates);

        IsTerminated = true;
        var update = NewUpdate();
        _output.Complete(update);
        var status = response.Text("status") ?? (root.Text("type") == "response.incomplete" ? "incomplete" : "completed");
        update.FinishReason = FinishReasons.Read(status, reason, _output.HasCalls) ?? ChatFinishReason.Stop;
        if (!FinishReasons.IsLossless(reason))
        {
            (update.AdditionalProperties ??= [])[CanonicalKeys.ChoicePrefix + "native_finish_reason"] =
                response.Member("incomplete_details")!.Value.Member("reason")!.Value;
        }

        updates.Add(update);
        AddUsage(updates);
        return null;
    }

    private CallError Fail(CallError error, List<ChatResponseUpdate> updates)
    {
        _failed = true;
        AddUsage(updates);
        return error;
    }

    private void AddUsage(List<ChatResponseUpdate> updates)
    {
        if (_rawUsage is not { } raw)
            return;
        var update = NewUpdate();
        update.Contents.Add(new UsageContent(_usage.ToUsageDetails())
        {
            AdditionalProperties = new() { [CanonicalKeys.Own(DialectId.OpenAIResponses, "usage")] = raw },
        });
        updates.Add(update);
    }

    private ChatResponseUpdate NewUpdate() => new()
    {
        Role = ChatRole.Assistant,
        ResponseId = _id,
        ConversationId = _conversation,
        MessageId = _id,
        ModelId = _model,
        CreatedAt = _created,
    };
}
