using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.Ollama;

/// <summary>
/// Reads a streamed answer, a line of JSON at a time. The line with <c>"done":true</c> is the last one, and carries the finish reason and
/// the counts.
/// </summary>
internal sealed class StreamDecoder : IStreamDecoder
{
    private string? _model;
    private DateTimeOffset? _created;
    private readonly ToolCallBudget _budget = new();
    private int _calls;
    private bool _failed;

    public bool IsTerminated { get; private set; }

    public TokenUsage Usage { get; private set; }

    public CallError? Decode(StreamFrame frame, List<ChatResponseUpdate> updates)
    {
        if (IsTerminated || frame.Data.IsEmpty)
            return null;
        if (!WireJson.TryParse(frame.Data, out var root, out var problem) || root.ValueKind != JsonValueKind.Object)
        {
            _failed = true;
            return new CallError(
                CallErrorKind.UpstreamUnavailable, "The provider sent a line that is not a JSON object.") { Cause = problem };
        }

        try
        {
            return Decode(root, updates);
        }
        catch (CallException exception)
        {
            _failed = true;
            return exception.Error;
        }
    }

    public CallError? Finish(List<ChatResponseUpdate> updates)
    {
        if (IsTerminated || _failed)
            return null;
        IsTerminated = true;
        return AnswerErrors.Interrupted();
    }

    private CallError? Decode(JsonElement root, List<ChatResponseUpdate> updates)
    {
        if (ErrorDecoder.DecodeInBand(root) is { } error)
        {
            _failed = true;
            return error;
        }

        _model ??= root.Text("model") is { Length: > 0 } model ? model : null;
        _created ??= ContentDecoder.Time(root);
        var update = NewUpdate();
        _calls = ContentDecoder.Add(root, update.Contents, _calls);
        foreach (var call in update.Contents.OfType<FunctionCallContent>())
            _budget.Take(call);
        if (ContentDecoder.LogProbs(root) is { } logProbs)
            Keep(update, CanonicalKeys.LogProbs, logProbs);
        updates.Add(update);
        return root.Member("done") is { ValueKind: JsonValueKind.True } ? End(root, update, updates) : null;
    }

    private CallError? End(JsonElement root, ChatResponseUpdate update, List<ChatResponseUpdate> updates)
    {
        IsTerminated = true;
        var word = root.Text("done_reason");
        Usage = UsageReader.Read(root);
        if (FinishWords.ErrorOf(word) is { } failure)
            return failure;
        update.FinishReason = FinishReasons.Read(word, _calls > 0);
        if (!FinishReasons.IsLossless(word))
            Keep(update, CanonicalKeys.ChoicePrefix + "native_finish_reason", root.Member("done_reason")!.Value);
        if (Usage.IsEmpty)
            return null;
        var last = NewUpdate();
        last.Contents.Add(new UsageContent(Usage.ToUsageDetails()));
        last.AdditionalProperties = AnswerDecoder.Timings(root);
        updates.Add(last);
        return null;
    }

    // Every update has the time of the first line: to a client it is when the answer was made.
    private ChatResponseUpdate NewUpdate() => new() { Role = ChatRole.Assistant, ModelId = _model, CreatedAt = _created };

    private static void Keep(ChatResponseUpdate update, string name, JsonElement value) =>
        (update.AdditionalProperties ??= [])[name] = value;
}
