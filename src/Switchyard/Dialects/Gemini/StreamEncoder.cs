using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// Writes a streamed answer, as events or as the items of one list. Text goes out with its update, function calls when they are whole; the
/// finish reasons, the usage and the members of the whole answer come with the last chunk.
/// </summary>
internal sealed class StreamEncoder(AnswerContext context) : IStreamEncoder
{
    private readonly SortedDictionary<int, Finish> _candidates = [];
    private readonly Dictionary<int, TextOffsets> _offsets = [];
    private readonly bool _asArray = context.AnswerForm == AnswerForms.Array;
    private readonly AnswerLosses _losses = new(context, DialectId.Gemini);
    private TokenUsage _usage;
    private AdditionalPropertiesDictionary? _members;
    private string? _id;
    private string? _model;
    private bool _begun;

    public void Encode(ChatResponseUpdate update, IBufferWriter<byte> output)
    {
        _id ??= update.ResponseId is { Length: > 0 } id ? id : null;
        _model ??= update.ModelId is { Length: > 0 } model ? model : null;
        foreach (var content in update.Contents)
        {
            if (content is UsageContent usage)
                _usage = _usage.UpdatedBy(TokenUsage.From(usage.Details));
        }

        var kept = update.AdditionalProperties;
        if (IsOfAnswer(update))
        {
            foreach (var (name, value) in update.AdditionalProperties!)
                (_members ??= [])[name] = value;
            kept = null;
        }

        var index = AnswerLosses.ChoiceOf(kept);
        var finish = _candidates.GetValueOrDefault(index);
        if (update.FinishReason is { } reason)
            finish = finish with { Reason = finish.Reason ?? reason };
        if (AnswerEncoder.Native(kept) is { } native)
            finish = finish with { Native = native };
        var isUsage = update.Contents.Count > 0 && update.Contents.All(content => content is UsageContent);
        if (!isUsage)
            _candidates[index] = finish;
        var held = CandidateEncoder.Take(update.Contents, kept, _losses, index);
        if (!_offsets.TryGetValue(index, out var offsets))
            _offsets[index] = offsets = new TextOffsets();
        offsets.Add(held);
        if (!held.Exists(content => CandidateEncoder.HasPart(content) || AnswerLosses.IsCited(content))
            && !HasMembers(kept))
        {
            return;
        }

        var writer = Begin(output);
        using (writer)
        {
            writer.WriteStartObject();
            writer.WriteStartArray("candidates"u8);
            CandidateEncoder.Write(writer, index, held, finish: null, kept, offsets: offsets);
            writer.WriteEndArray();
            End(writer);
        }

        WriteSeparator(output);
    }

    public void Complete(IBufferWriter<byte> output)
    {
        if (_candidates.Count == 0)
            _candidates[0] = default;
        using (var writer = Begin(output))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("candidates"u8);
            foreach (var (index, finish) in _candidates)
            {
                CandidateEncoder.Write(
                    writer, index, [], FinishReasons.Write(finish.Reason, finish.Native), kept: null, message: index == 0 ? Lost() : null);
            }

            writer.WriteEndArray();
            UsageWriter.Write(writer, _usage);
            AnswerEncoder.WriteMembers(writer, _members);
            End(writer);
        }

        WriteSeparator(output);
        if (_asArray)
            output.Write("]"u8);
    }

    public void Fail(CallError error, IBufferWriter<byte> output)
    {
        if (!_asArray)
        {
            ErrorEncoder.WriteEvent(error, output);
            return;
        }

        output.Write(_begun ? ",\r\n"u8 : "["u8);
        ErrorEncoder.Write(error, output);
        output.Write("]"u8);
    }

    /// <summary>
    /// The losses, for the member that explains an answer's end: one of the two forms of this stream has no comments, and older clients
    /// of the other break on them.
    /// </summary>
    private string? Lost() => _losses.Line is { } line ? $"{AnswerFacts.Dropped}: {line}" : null;

    /// <summary>Whether an update has the members of the answer itself (<c>promptFeedback</c>), and nothing of a candidate.</summary>
    private static bool IsOfAnswer(ChatResponseUpdate update) =>
        update is { Role: null, FinishReason: null, AdditionalProperties: { } kept }
        && !kept.ContainsKey(CanonicalKeys.ChoiceIndex)
        && update.Contents.All(content => content is UsageContent)
        && OptionEncoder.OwnMembers(kept, "").Any();

    private static bool HasMembers(AdditionalPropertiesDictionary? kept) =>
        kept is not null && (kept.ContainsKey(CanonicalKeys.LogProbs) || OptionEncoder.OwnMembers(kept, "").Any());

    private Utf8JsonWriter Begin(IBufferWriter<byte> output)
    {
        if (!_asArray)
            output.Write("data: "u8);
        else
            output.Write(_begun ? ",\r\n"u8 : "["u8);
        _begun = true;
        return new Utf8JsonWriter(output, WireJson.WriterOptions);
    }

    private void End(Utf8JsonWriter writer)
    {
        writer.WriteString("modelVersion"u8, _model ??= context.Model);
        writer.WriteString("responseId"u8, _id ??= context.AnswerId);
        writer.WriteEndObject();
    }

    private void WriteSeparator(IBufferWriter<byte> output)
    {
        if (!_asArray)
            output.Write("\r\n\r\n"u8);
    }

    private readonly record struct Finish(ChatFinishReason? Reason, string? Native);
}
