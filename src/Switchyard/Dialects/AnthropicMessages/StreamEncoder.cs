using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>
/// Writes a streamed answer. Content goes out with its update, unless an open tool call's arguments are incomplete: then what belongs to
/// other blocks waits, because blocks never interleave in this format. Stop reason and usage wait for the end.
/// </summary>
internal sealed class StreamEncoder : IStreamEncoder
{
    private readonly AnswerContext _context;
    private readonly AnswerLosses _losses;
    private readonly SseEventWriter _events = new();
    private readonly BlockWriter _blocks;
    private readonly List<WrittenCall> _calls = [];
    private readonly List<Waiting> _waiting = [];
    private WrittenCall? _openCall;
    private string _blank = "";
    private AdditionalPropertiesDictionary? _members;
    private JsonElement? _edits;
    private ChatFinishReason? _finish;
    private TokenUsage _usage;
    private JsonElement? _ownUsage;
    private bool _started;

    public StreamEncoder(AnswerContext context)
    {
        _context = context;
        _losses = new AnswerLosses(context, AnthropicKeys.Dialect);
        _blocks = new BlockWriter(_events);
    }

    public void Encode(ChatResponseUpdate update, IBufferWriter<byte> output)
    {
        var kept = update.AdditionalProperties;
        if (_losses.LeavesOut(kept))
            return;
        Start(update, output);
        foreach (var content in update.Contents)
        {
            if (_losses.Take(content, AnswerEncoder.Holds(content), AnswerEncoder.HoldsCitation) is { } held)
                Take(held, output);
        }

        _losses.TakeMembers(kept, isCited: false, holdsLogProbs: false);
        _finish ??= update.FinishReason;
        if (kept is null)
            return;
        if (kept.TryGetValue(CanonicalKeys.Ping, out var ping) && ping is true)
            WritePing(output);
        else
            Keep(kept);
    }

    public void Complete(IBufferWriter<byte> output)
    {
        Start(update: null, output);
        // A call still incomplete was cut off: write the pieces there are.
        foreach (var call in _calls)
            call.IsComplete = true;
        Flush(output);
        _blocks.Close(output);
        _losses.WriteComment(output);
        WriteEnd(output);
        var json = _events.Begin(output, "message_stop"u8);
        json.WriteStartObject();
        json.WriteString("type"u8, "message_stop"u8);
        json.WriteEndObject();
        _events.End(output);
    }

    public void Fail(CallError error, IBufferWriter<byte> output) => ErrorEncoder.WriteEvent(error, output);

    private bool MustWait => _waiting.Count > 0 || _openCall is { IsComplete: false };

    private void Take(AIContent content, IBufferWriter<byte> output)
    {
        switch (content)
        {
            case UsageContent usage:
                _usage = _usage.UpdatedBy(TokenUsage.From(usage.Details));
                _ownUsage = KeptFields.Find(usage.AdditionalProperties, AnthropicKeys.Dialect, AnthropicKeys.Usage) ?? _ownUsage;
                break;
            case ToolCallFragment fragment:
                TakeFragment(fragment, output);
                break;
            case FunctionCallContent call:
                TakeCall(call, output);
                break;
            case not null when MustWait:
                _waiting.Add(new Waiting(content, null));
                break;
            case not null:
                Write(content, output);
                break;
        }
    }

    private void Write(AIContent content, IBufferWriter<byte> output)
    {
        // Citations are those of a block, so that two texts stay two blocks.
        if (_blocks.Open == BlockKind.Text && content.AdditionalProperties?.ContainsKey(AnthropicKeys.BeginsBlock) == true)
            _blocks.Close(output);
        switch (content)
        {
            case TextReasoningContent { Text.Length: 0 } nothing
                when !AnthropicKeys.IsOurs(nothing) && AnthropicKeys.RawOf(nothing) is null:
                return;
            case TextReasoningContent reasoning when AnthropicKeys.RawOf(reasoning) is null && !AnthropicKeys.IsRedacted(reasoning):
                _openCall = null;
                if (reasoning.Text.Length > 0)
                    _blocks.Thinking(output, reasoning.Text);
                if (AnthropicKeys.IsOurs(reasoning))
                    _blocks.Signature(output, reasoning.ProtectedData!);
                break;
            case TextContent { AdditionalProperties: { Count: > 0 } kept } text
                when kept.TryGetValue(AnthropicKeys.OwnCitation, out var value) && value is JsonElement citation:
                _openCall = null;
                _blocks.Citation(output, citation);
                if (text.Text.Length > 0)
                    _blocks.Text(output, text.Text);
                break;
            case TextContent { Text.Length: 0 }:
                return;
            // A block of white space alone would be refused when the client sends it back. It waits for more text, and goes with it.
            case TextContent text when _blocks.Open != BlockKind.Text && _blank.Length + text.Text.Length <= AnswerEncoder.LongestBlank
                && string.IsNullOrWhiteSpace(text.Text):
                _blank += text.Text;
                return;
            case TextContent text when AnthropicKeys.RawOf(text) is null:
                _openCall = null;
                _blocks.Text(output, _blank.Length == 0 ? text.Text : _blank + text.Text);
                break;
            case not null when AnthropicKeys.RawOf(content) is not null
                || (content is TextReasoningContent hidden && AnthropicKeys.IsOurs(hidden)):
                _openCall = null;
                _blocks.Whole(output, content);
                break;
        }

        _blank = "";
    }

    private void TakeFragment(ToolCallFragment fragment, IBufferWriter<byte> output)
    {
        var call = _calls.Find(known => known.Source == fragment.Index);
        if (call is null)
        {
            call = new WrittenCall(fragment.Index, IdOf(fragment.CallId), fragment.Name ?? "", fragment.AdditionalProperties);
            Begin(call, output);
        }

        // The input of a custom tool is not JSON: it is written when the whole call comes.
        if (fragment.IsCustom || !call.Take(fragment.Arguments))
            return;
        if (!ReferenceEquals(call, _openCall))
        {
            call.Waiting.Append(fragment.Arguments);
            return;
        }

        _blocks.Arguments(output, fragment.Arguments);
        if (call.IsComplete && _waiting.Count > 0)
            Flush(output);
    }

    /// <summary>A whole call: of a provider that does not stream arguments, or the end of one that has been written in fragments.</summary>
    private void TakeCall(FunctionCallContent content, IBufferWriter<byte> output)
    {
        int? source = content.AdditionalProperties.Number(CanonicalKeys.ToolCallIndex);
        var call = source is null ? null : _calls.Find(known => known.Source == source);
        if (call is null)
        {
            call = new WrittenCall(source, IdOf(content.CallId), content.Name, content.AdditionalProperties);
            Begin(call, output);
        }

        if (!call.HasArguments)
        {
            var arguments = InputOf(content);
            call.Take(arguments);
            if (ReferenceEquals(call, _openCall))
                _blocks.Arguments(output, arguments);
            else
                call.Waiting.Append(arguments);
        }

        call.IsComplete = true;
        Flush(output);
    }

    private void Begin(WrittenCall call, IBufferWriter<byte> output)
    {
        var waits = MustWait;
        _calls.Add(call);
        if (waits)
            _waiting.Add(new Waiting(null, call));
        else
            Open(call, output);
    }

    private void Open(WrittenCall call, IBufferWriter<byte> output)
    {
        _blocks.OpenCall(output, call);
        _openCall = call;
        _blank = "";
    }

    /// <summary>Writes what waited, up to the next call that is not complete.</summary>
    private void Flush(IBufferWriter<byte> output)
    {
        var written = 0;
        while (written < _waiting.Count && _openCall is not { IsComplete: false })
        {
            var (content, call) = _waiting[written++];
            if (call is null)
            {
                Write(content!, output);
                continue;
            }

            Open(call, output);
            if (call.Waiting.Length > 0)
                _blocks.Arguments(output, call.Waiting.ToString());
            call.Waiting.Clear();
        }

        _waiting.RemoveRange(0, written);
    }

    private string IdOf(string? id) => AnthropicKeys.CallIds.Fit(id is { Length: > 0 } ? id : $"toolu_{_calls.Count}");

    private static string InputOf(FunctionCallContent call)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, WireJson.WriterOptions))
            ToolInput.Write(json, call);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private void Keep(AdditionalPropertiesDictionary kept)
    {
        foreach (var (name, value) in kept)
        {
            if (name == AnthropicKeys.OwnContextManagement)
            {
                _edits = (value as JsonElement?) ?? _edits;
            }
            else if (name is CanonicalKeys.StopSequence or CanonicalKeys.ChoicePrefix + "native_finish_reason"
                || (value is JsonElement && name.StartsWith(AnthropicKeys.OwnPrefix, StringComparison.OrdinalIgnoreCase)))
            {
                WireJson.Keep(ref _members, name, value!);
            }
        }
    }

    private void Start(ChatResponseUpdate? update, IBufferWriter<byte> output)
    {
        if (_started)
            return;
        _started = true;
        var json = _events.Begin(output, "message_start"u8);
        json.WriteStartObject();
        json.WriteString("type"u8, "message_start"u8);
        json.WriteStartObject("message"u8);
        json.WriteString("id"u8, AnswerEncoder.IdOf(update?.ResponseId, _context));
        json.WriteString("type"u8, "message"u8);
        json.WriteString("role"u8, "assistant"u8);
        json.WriteString("model"u8, update?.ModelId is { Length: > 0 } model ? model : _context.Model);
        json.WriteStartArray("content"u8);
        json.WriteEndArray();
        json.WriteNull("stop_reason"u8);
        json.WriteNull("stop_sequence"u8);
        json.WritePropertyName("usage"u8);
        UsageWriter.Write(json, default, own: null);
        json.WriteEndObject();
        json.WriteEndObject();
        _events.End(output);
    }

    private void WritePing(IBufferWriter<byte> output)
    {
        var json = _events.Begin(output, "ping"u8);
        json.WriteStartObject();
        json.WriteString("type"u8, "ping"u8);
        json.WriteEndObject();
        _events.End(output);
    }

    private void WriteEnd(IBufferWriter<byte> output)
    {
        var json = _events.Begin(output, "message_delta"u8);
        json.WriteStartObject();
        json.WriteString("type"u8, "message_delta"u8);
        json.WriteStartObject("delta"u8);
        AnswerEncoder.WriteEnd(json, _finish, _calls.Count > 0, _members);
        AnswerEncoder.WriteOwn(json, _members);
        json.WriteEndObject();
        if (_edits is { } edits)
        {
            json.WritePropertyName("context_management"u8);
            edits.WriteTo(json);
        }

        json.WritePropertyName("usage"u8);
        UsageWriter.Write(json, _usage, _ownUsage);
        json.WriteEndObject();
        _events.End(output);
    }

    /// <summary>What waits for the open call to end.</summary>
    private readonly record struct Waiting(AIContent? Content, WrittenCall? Call);
}
