using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// Reads a streamed answer. Every chunk is a whole answer object that holds the next pieces; there is no terminator, so the stream ends
/// with the last byte. Content comes out with its chunk, finish reasons and usage once, at the end.
/// </summary>
internal sealed class StreamDecoder : IStreamDecoder
{
    private readonly SortedDictionary<int, StreamedCandidate> _candidates = [];
    private readonly ToolCallBudget _budget = new();
    private TokenUsage _usage;
    private string? _id;
    private string? _model;
    private DateTimeOffset? _created;
    private string? _blocked;
    private JsonElement? _feedback;
    private bool _failed;
    private bool _ended;

    public bool IsTerminated => false;

    public TokenUsage Usage => _usage;

    public CallError? Decode(StreamFrame frame, List<ChatResponseUpdate> updates)
    {
        var data = frame.Data.Trim(" \t\r\n"u8);
        if (data.IsEmpty || _failed)
            return null;
        if (WireJson.TryParse(data, out var root, out var problem))
            return Decode(root, updates);
        _failed = true;
        return AnswerErrors.UnreadableEvent(problem);
    }

    /// <summary>Reads one chunk.</summary>
    public CallError? Decode(JsonElement root, List<ChatResponseUpdate> updates)
    {
        _usage = _usage.UpdatedBy(UsageReader.Of(root));
        if (ErrorDecoder.DecodeInBand(root) is { } error)
        {
            _failed = true;
            AddUsage(updates);
            return error;
        }

        if (root.ValueKind != JsonValueKind.Object)
            return null;
        _id ??= root.FieldText("responseId") is { Length: > 0 } id ? id : null;
        _model ??= root.FieldText("modelVersion") is { Length: > 0 } model ? model : null;
        _created ??= CandidateMembers.Time(root);
        _blocked ??= CandidateMembers.BlockReason(root);
        _feedback ??= root.Field(CandidateMembers.PromptFeedback);
        try
        {
            DecodeCandidates(root, updates);
            return null;
        }
        catch (CallException exception)
        {
            _failed = true;
            return AnswerErrors.MalformedEvent(exception);
        }
    }

    public CallError? Finish(List<ChatResponseUpdate> updates)
    {
        if (_failed || _ended)
            return null;
        _ended = true;
        if (_blocked is not null && _candidates.Count == 0)
            _candidates[0] = new StreamedCandidate(0, _budget) { Finish = "SAFETY" };
        if (!_candidates.Values.Any(candidate => candidate.Finish is not null))
        {
            AddUsage(updates);
            return AnswerErrors.Interrupted();
        }

        // Before it is judged empty: the word of a failure, and the server's own message, say more.
        foreach (var candidate in _candidates.Values)
        {
            if (FinishWords.ErrorOf(candidate.Finish, candidate.FinishMessage) is { } failure)
            {
                AddUsage(updates);
                return failure;
            }
        }

        if (_blocked is null && _candidates.Values.All(IsEmpty))
        {
            AddUsage(updates);
            var word = _candidates.Values.First().Finish;
            return AnswerErrors.Empty(word is not null && FinishReasons.IsLossless(word) ? null : word).Error;
        }

        foreach (var candidate in _candidates.Values)
            End(candidate, updates);
        AddUsage(updates);
        AddFeedback(updates);
        return null;
    }

    private static bool IsEmpty(StreamedCandidate candidate) =>
        !candidate.SaidSomething && FinishReasons.Read(candidate.Finish, candidate.HasCalls) == ChatFinishReason.Stop;

    private void End(StreamedCandidate candidate, List<ChatResponseUpdate> updates)
    {
        var update = NewUpdate(candidate.Index);
        candidate.Complete(update, _id);
        update.FinishReason = FinishReasons.Read(candidate.Finish, candidate.HasCalls);
        var word = _blocked ?? candidate.Finish;
        if (word is not null && !FinishReasons.IsLossless(word))
            (update.AdditionalProperties ??= [])[CandidateMembers.NativeFinishReason] = ProtoJson.Text(word);
        updates.Add(update);
    }

    private void DecodeCandidates(JsonElement root, List<ChatResponseUpdate> updates)
    {
        if (root.Field("candidates") is not { ValueKind: JsonValueKind.Array } candidates)
            return;
        foreach (var wire in candidates.EnumerateArray())
        {
            if (wire.ValueKind == JsonValueKind.Object)
                DecodeCandidate(wire, updates);
        }
    }

    private void DecodeCandidate(JsonElement wire, List<ChatResponseUpdate> updates)
    {
        var index = ProtoJson.Whole(wire.Field("index")) is >= 0 and <= 1000 and var number ? (int)number : 0;
        if (!_candidates.TryGetValue(index, out var candidate))
            _candidates[index] = candidate = new StreamedCandidate(index, _budget);
        var update = NewUpdate(index);
        if (wire.Field("content")?.Field("parts") is { ValueKind: JsonValueKind.Array } parts)
            candidate.Decode(parts, update, _id);
        candidate.Finish ??= FinishReasons.Word(wire.Field("finishReason"));
        candidate.FinishMessage ??= wire.FieldText("finishMessage");
        var kept = update.AdditionalProperties;
        CandidateMembers.Keep(wire, ref kept);
        update.AdditionalProperties = kept;
        CitationCodec.AttachStreamed(wire, update.Contents, candidate.Offsets);

        var opens = !candidate.IsOpen;
        candidate.IsOpen = true;
        if (opens || update.Contents.Count > 0 || kept?.Keys.Any(key => key != CanonicalKeys.ChoiceIndex) == true)
            updates.Add(update);
    }

    private void AddUsage(List<ChatResponseUpdate> updates)
    {
        if (_usage.IsEmpty)
            return;
        var update = NewUpdate(0);
        update.Contents.Add(new UsageContent(_usage.ToUsageDetails()));
        updates.Add(update);
    }

    // Without a role, because it is a member of the answer and not of a candidate.
    private void AddFeedback(List<ChatResponseUpdate> updates)
    {
        if (_feedback is not { } feedback)
            return;
        var update = NewUpdate(0);
        update.Role = null;
        var kept = update.AdditionalProperties;
        KeptFields.Keep(ref kept, DialectId.Gemini, CandidateMembers.PromptFeedback, feedback);
        update.AdditionalProperties = kept;
        updates.Add(update);
    }

    private ChatResponseUpdate NewUpdate(int index)
    {
        var update = new ChatResponseUpdate
        {
            Role = ChatRole.Assistant,
            ResponseId = _id,
            MessageId = index == 0 ? _id : $"{_id}:{index}",
            ModelId = _model,
            CreatedAt = _created,
        };
        if (index > 0)
            update.AdditionalProperties = new() { [CanonicalKeys.ChoiceIndex] = index };
        return update;
    }
}
