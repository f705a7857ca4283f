using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>
/// Writes a streamed chat or legacy completion. Content goes out with its update; the finish reason of each choice waits for the end, so
/// that nothing can follow it.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "A JSON writer over the caller's buffer holds nothing to release.")]
internal sealed class StreamEncoder(AnswerContext context) : IStreamEncoder
{
    private readonly SortedDictionary<int, WrittenChoice> _choices = [];
    private readonly bool _isCompletion = context.Operation == CallOperation.Completion;
    private readonly bool _isLegacy = LegacyFunctions.AreAskedFor(context);
    private readonly AnswerLosses _losses = new(context, DialectId.OpenAIChat);
    private AdditionalPropertiesDictionary? _pendingMembers;
    private Utf8JsonWriter? _writer;
    private string? _id;
    private string? _model;
    private long _created;
    private JsonElement? _serviceTier;
    private JsonElement? _fingerprint;
    private TokenUsage _usage;
    private JsonElement? _rawUsage;

    public void Encode(ChatResponseUpdate update, IBufferWriter<byte> output)
    {
        if (update.AdditionalProperties.IsTrue(CanonicalKeys.Ping))
        {
            // A comment keeps idle connections open; clients ignore it.
            output.Write(": ping\n\n"u8);
            return;
        }

        TakeMembers(update.AdditionalProperties);
        var delta = default(Delta);
        var choice = default(WrittenChoice);
        foreach (var content in update.Contents)
        {
            if (content is UsageContent usage)
                TakeUsage(usage);
            else
                Take(content, update, choice ??= ChoiceOf(update), ref delta);
        }

        var cites = WritesCitations(update);
        _losses.Members(update.AdditionalProperties, cites);
        var hasMembers = cites || HoldsChoiceMembers(update.AdditionalProperties);
        if (update.FinishReason is { } finish)
            (choice ??= ChoiceOf(update)).Finish ??= finish;
        var opens = update.Role == ChatRole.Assistant && IsNew(update) && update.FinishReason is null && !OnlyUsage(update);
        if (!delta.IsEmpty || hasMembers || opens)
            WriteChunks(output, update, choice ?? ChoiceOf(update), delta);
    }

    public void Complete(IBufferWriter<byte> output)
    {
        if (_choices.Count == 0)
            _choices[0] = new WrittenChoice(0, _isLegacy);
        _losses.WriteComment(output);
        foreach (var choice in _choices.Values)
        {
            var finish = LegacyFunctions.FinishOf(FinishReasons.Write(choice.Finish, choice.HasCalls), _isLegacy);
            WriteChunk(output, update: null, choice, default, finish);
        }

        if (context.IncludeUsage && (!_usage.IsEmpty || _rawUsage is not null))
            WriteUsageChunk(output);
        output.Write("data: [DONE]\n\n"u8);
    }

    public void Fail(CallError error, IBufferWriter<byte> output) => ErrorEncoder.WriteEvent(error, output);

    private void Take(AIContent content, ChatResponseUpdate update, WrittenChoice choice, ref Delta delta)
    {
        Func<AIContent, CitationAnnotation, bool>? holdsCitation = _isCompletion ? null
            : HasAnnotations(update) ? static (_, _) => true
            : static (_, citation) => AnnotationCodec.CanWrite(citation);
        var holds = AnswerEncoder.Holds(content, _isCompletion, delta.Media?.Exists(AnswerMedia.IsAudio) == true)
            && !(_isLegacy && choice.IsOfFurtherCall(content));
        if (_losses.Take(content, holds, holdsCitation, choice.Index) is { } held)
            choice.Take(held, ref delta);
    }

    /// <summary>Whether the provider's own list of citations came along, which is then written as it is.</summary>
    private static bool HasAnnotations(ChatResponseUpdate update) =>
        update.AdditionalProperties?.ContainsKey(CanonicalKeys.DeltaPrefix + "annotations") == true;

    private bool WritesCitations(ChatResponseUpdate update)
    {
        if (_isCompletion || HasAnnotations(update))
            return false;
        foreach (var content in update.Contents)
        {
            if (content.Annotations?.OfType<CitationAnnotation>().Any(AnnotationCodec.CanWrite) == true)
                return true;
        }

        return false;
    }

    private static bool OnlyUsage(ChatResponseUpdate update) =>
        update.Contents.Count > 0 && update.Contents.All(content => content is UsageContent);

    private bool IsNew(ChatResponseUpdate update) => !_choices.TryGetValue(IndexOf(update), out var choice) || !choice.IsOpen;

    private WrittenChoice ChoiceOf(ChatResponseUpdate update)
    {
        var index = IndexOf(update);
        if (!_choices.TryGetValue(index, out var choice))
            _choices[index] = choice = new WrittenChoice(index, _isLegacy);
        return choice;
    }

    private static int IndexOf(ChatResponseUpdate update) => AnswerLosses.ChoiceOf(update.AdditionalProperties);

    private void TakeUsage(UsageContent usage)
    {
        _usage = _usage.UpdatedBy(TokenUsage.From(usage.Details));
        if (usage.AdditionalProperties.Element(CanonicalKeys.RawUsage) is { } element)
            _rawUsage = element;
    }

    /// <summary>
    /// Takes the chunk's further members: <c>service_tier</c> and <c>system_fingerprint</c> are written on every later chunk, the others on
    /// the next one.
    /// </summary>
    private void TakeMembers(AdditionalPropertiesDictionary? kept)
    {
        if (kept is null)
            return;
        foreach (var (name, value) in kept)
        {
            if (value is not JsonElement element || name == CanonicalKeys.LogProbs || name.Contains(':', StringComparison.Ordinal))
                continue;
            if (name == "service_tier")
                _serviceTier = element;
            else if (name == "system_fingerprint")
                _fingerprint = element;
            else
                (_pendingMembers ??= [])[name] = element;
        }
    }

    private static bool HoldsChoiceMembers(AdditionalPropertiesDictionary? kept) => kept?.Any(entry =>
        entry.Value is JsonElement
        && (entry.Key == CanonicalKeys.LogProbs
            || entry.Key.StartsWith(CanonicalKeys.ChoicePrefix, StringComparison.Ordinal)
            || entry.Key.StartsWith(CanonicalKeys.DeltaPrefix, StringComparison.Ordinal))) == true;

    /// <summary>
    /// Writes what an update adds. Each piece of a call has a separate chunk, as OpenAI sends them: some clients read only the first piece
    /// of a chunk.
    /// </summary>
    private void WriteChunks(IBufferWriter<byte> output, ChatResponseUpdate update, WrittenChoice choice, Delta delta)
    {
        var further = delta.TakeFurtherCalls();
        WriteChunk(output, update, choice, delta, finish: null);
        if (further is null)
            return;
        foreach (var call in further)
        {
            var alone = default(Delta);
            alone.Add(call);
            WriteChunk(output, update: null, choice, alone, finish: null);
        }
    }

    private void WriteChunk(IBufferWriter<byte> output, ChatResponseUpdate? update, WrittenChoice choice, Delta delta, string? finish)
    {
        var writer = BeginChunk(output, update);
        writer.WriteStartArray("choices"u8);
        writer.WriteStartObject();
        writer.WriteNumber("index"u8, choice.Index);
        var members = update?.AdditionalProperties;
        if (_isCompletion)
            writer.WriteString("text"u8, delta.Text.ToString());
        else
            WriteDelta(writer, choice, delta, update);
        choice.IsOpen = true;
        if (members.Element(CanonicalKeys.LogProbs) is { } logProbs)
        {
            writer.WritePropertyName("logprobs"u8);
            logProbs.WriteTo(writer);
        }
        else
        {
            writer.WriteNull("logprobs"u8);
        }

        if (finish is null)
            writer.WriteNull("finish_reason"u8);
        else
            writer.WriteString("finish_reason"u8, finish);
        AnswerEncoder.WriteOthers(writer, members, CanonicalKeys.ChoicePrefix);
        writer.WriteEndObject();
        writer.WriteEndArray();
        if (context.IncludeUsage)
            writer.WriteNull("usage"u8);
        EndChunk(writer, output);
    }

    private void WriteDelta(Utf8JsonWriter writer, WrittenChoice choice, Delta delta, ChatResponseUpdate? update)
    {
        writer.WriteStartObject("delta"u8);
        if (!choice.IsOpen)
        {
            writer.WriteString("role"u8, "assistant"u8);
            if (delta.IsEmpty)
                writer.WriteString("content"u8, ""u8);
        }

        if (!delta.Reasoning.IsNone)
            writer.WriteString("reasoning_content"u8, delta.Reasoning.ToString());
        if (!delta.Text.IsNone)
            writer.WriteString("content"u8, delta.Text.ToString());
        if (!delta.Refusal.IsNone)
            writer.WriteString("refusal"u8, delta.Refusal.ToString());
        delta.WriteCalls(writer);
        if (delta.Media is not null)
            AnswerMedia.Write(writer, delta.Media, context);
        if (update is not null && WritesCitations(update))
            AnnotationCodec.Write(writer, update.Contents);
        AnswerEncoder.WriteOthers(writer, update?.AdditionalProperties, CanonicalKeys.DeltaPrefix);
        writer.WriteEndObject();
    }

    private void WriteUsageChunk(IBufferWriter<byte> output)
    {
        var writer = BeginChunk(output, update: null);
        writer.WriteStartArray("choices"u8);
        writer.WriteEndArray();
        writer.WritePropertyName("usage"u8);
        UsageWriter.Write(writer, _usage, _rawUsage);
        EndChunk(writer, output);
    }

    private Utf8JsonWriter BeginChunk(IBufferWriter<byte> output, ChatResponseUpdate? update)
    {
        if (_id is null)
        {
            // Id, model and time of the first chunk are repeated on every chunk: clients group by them.
            _id = update?.ResponseId is { Length: > 0 } id ? id : context.AnswerId;
            _model = update?.ModelId is { Length: > 0 } model ? model : context.Model;
            _created = (update?.CreatedAt ?? context.Created).ToUnixTimeSeconds();
        }

        output.Write("data: "u8);
        if (_writer is null)
            _writer = new Utf8JsonWriter(output, WireJson.WriterOptions);
        else
            _writer.Reset(output);
        _writer.WriteStartObject();
        _writer.WriteString("id"u8, _id);
        _writer.WriteString("object"u8, _isCompletion ? "text_completion"u8 : "chat.completion.chunk"u8);
        _writer.WriteNumber("created"u8, _created);
        _writer.WriteString("model"u8, _model);
        Write(_writer, "service_tier", _serviceTier);
        Write(_writer, "system_fingerprint", _fingerprint);
        AnswerEncoder.WriteOthers(_writer, _pendingMembers, prefix: null);
        _pendingMembers = null;
        return _writer;
    }

    private static void Write(Utf8JsonWriter writer, string name, JsonElement? value)
    {
        if (value is not { } element)
            return;
        writer.WritePropertyName(name);
        element.WriteTo(writer);
    }

    private static void EndChunk(Utf8JsonWriter writer, IBufferWriter<byte> output)
    {
        writer.WriteEndObject();
        writer.Flush();
        output.Write("\n\n"u8);
    }
}
