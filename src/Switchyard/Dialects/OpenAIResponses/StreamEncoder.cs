using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>
/// Writes a streamed answer as this format's events: numbered without a gap, one item after the other, each opened, filled and closed,
/// and the finished answer in the last event. Items are never open at the same time: what arrives while the arguments of a call are
/// still incomplete waits until they are whole.
/// </summary>
internal sealed class StreamEncoder(AnswerContext context) : IStreamEncoder
{
    private readonly EventWriter _events = new();
    private readonly ResponseWriter _response = new(context);
    private readonly List<ReadOnlyMemory<byte>> _items = [];
    private readonly List<WrittenCall> _calls = [];
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private readonly LinkedList<AIContent> _waiting = [];
    private readonly AnswerLosses _losses = new(context, DialectId.OpenAIResponses);
    private readonly bool _carriesReasoning = CarriedReasoning.IsAsked(context.Request);
    private AdditionalPropertiesDictionary? _kept;
    private ResponseIdentity? _identity;
    private OpenItem? _open;
    private JsonElement? _firstMessage;
    private bool _messageBegun;
    private ChatFinishReason? _finish;
    private TokenUsage _usage;
    private JsonElement? _rawUsage;
    private List<JsonElement> _logProbs = [];

    public void Encode(ChatResponseUpdate update, IBufferWriter<byte> output)
    {
        if (_losses.LeavesOut(update.AdditionalProperties))
            return;
        _finish ??= update.FinishReason;
        TakeTier(update.AdditionalProperties);
        _firstMessage ??= ItemKeys.ItemOf(update.AdditionalProperties);
        _logProbs = LogProbsOf(update.AdditionalProperties);
        if (_identity is null && (update.Contents.Count > 0 || update.ResponseId is not null))
            Begin(update, output);
        foreach (var content in update.Contents)
        {
            if (content is UsageContent usage)
                TakeUsage(usage);
            else if (_losses.Take(content, Holds(content), AnswerEncoder.HoldsCitation) is { } held)
                Take(held, output);
        }

        _losses.TakeMembers(update.AdditionalProperties, update.Contents.Any(AnswerLosses.IsCited), holdsLogProbs: true);
    }

    public void Complete(IBufferWriter<byte> output)
    {
        if (_identity is null)
            Begin(update: null, output);
        while (_open is not null || _waiting.Count > 0)
        {
            if (_open is not null)
                CloseItem(output);
            else
                Drain(output);
        }

        _losses.WriteComment(output);
        var incomplete = FinishReasons.WriteIncomplete(_finish);
        if (incomplete is null)
            WriteResponse("response.completed"u8, "completed", null, null, output);
        else
            WriteResponse("response.incomplete"u8, "incomplete", incomplete, null, output);
    }

    public void Fail(CallError error, IBufferWriter<byte> output)
    {
        // Coding agents shorten a conversation when response.failed has this code, and ignore events called error.
        if (_identity is null && error.Code == UpstreamErrors.ContextLength)
            Begin(update: null, output);
        if (_identity is null)
            ErrorEncoder.WriteEvent(error, output);
        else
            WriteResponse("response.failed"u8, "failed", null, error, output);
    }

    /// <summary>Whether a stream can hold the content. An item needs an id and a type there: its events refer to it by them.</summary>
    private static bool Holds(AIContent content) =>
        AnswerEncoder.Holds(content)
        && (content is TextReasoningContent || ImageItem.Holds(content) || ItemKeys.RawOf(content) is null || IsWholeItem(content));

    private static bool IsWholeItem(AIContent content) =>
        ItemKeys.RawOf(content) is { } raw && raw.Text("id") is { Length: > 0 } && raw.Text("type") is not null;

    private static List<JsonElement> LogProbsOf(AdditionalPropertiesDictionary? kept) =>
        kept.Element(CanonicalKeys.LogProbs) is { } element
        && element.Member("content") is { ValueKind: JsonValueKind.Array } entries
            ? [.. entries.EnumerateArray()]
            : [];

    private void Begin(ChatResponseUpdate? update, IBufferWriter<byte> output)
    {
        // Id, model and time of the first event are repeated in every event: clients group by them.
        _identity = ResponseIdentity.Of(update?.ResponseId, update?.ModelId, update?.CreatedAt, context);
        WriteResponse("response.created"u8, "in_progress", null, null, output);
        WriteResponse("response.in_progress"u8, "in_progress", null, null, output);
    }

    private void TakeTier(AdditionalPropertiesDictionary? kept)
    {
        if (kept.Element("service_tier") is { } tier)
            (_kept ??= [])["service_tier"] = tier;
    }

    private void TakeUsage(UsageContent usage)
    {
        _usage = _usage.UpdatedBy(TokenUsage.From(usage.Details));
        _rawUsage = KeptFields.Find(usage.AdditionalProperties, DialectId.OpenAIResponses, "usage") ?? _rawUsage;
    }

    private void Take(AIContent content, IBufferWriter<byte> output)
    {
        if (_open is OpenCall call && Belongs(content, call))
            Write(content, output);
        else
            _waiting.AddLast(content);
        // While a call is incomplete nothing that waits can go out, so it is not looked through.
        if (_waiting.Count > 0 && _open is not OpenCall { IsWhole: false })
            Drain(output);
    }

    /// <summary>Writes the waiting content, oldest first, until the rest must wait for the open call to end.</summary>
    private void Drain(IBufferWriter<byte> output)
    {
        for (var place = _waiting.First; place is not null;)
        {
            if (_open is OpenCall call && !Belongs(place.Value, call))
            {
                if (call.IsWhole)
                    CloseItem(output);
                // After the call is closed, start again with the skipped content.
                place = _open is null ? _waiting.First : place.Next;
                continue;
            }

            var next = place.Next;
            _waiting.Remove(place);
            Write(place.Value, output);
            place = _open is OpenCall ? next : _waiting.First;
        }
    }

    private static bool Belongs(AIContent content, OpenCall call) => content switch
    {
        ToolCallFragment fragment => call.Call.Source == fragment.Index,
        FunctionCallContent whole => IsOf(whole, call.Call),
        _ => false,
    };

    private static bool IsOf(FunctionCallContent whole, WrittenCall call) =>
        whole.AdditionalProperties.Number(CanonicalKeys.ToolCallIndex) is { } source
            ? call.Source == source
            : call.Source is not null && call.Id == whole.CallId;

    private void Write(AIContent content, IBufferWriter<byte> output)
    {
        switch (content)
        {
            case TextReasoningContent reasoning:
                WriteReasoning(reasoning, output);
                break;
            case TextContent text when text.Text.Length > 0 || text.Annotations is { Count: > 0 }:
                WriteText(text, output);
                break;
            case ToolCallFragment fragment:
                WriteFragment(fragment, output);
                break;
            case FunctionCallContent call:
                WriteCall(call, output);
                break;
            case not null when IsWholeItem(content):
                WriteWhole(ItemKeys.RawOf(content)!.Value, output);
                break;
            case DataContent image:
                WriteWhole(ImageItem.Write(image, _identity!.Value.ItemId("ig", _items.Count)), output);
                break;
        }
    }

    private void WriteWhole(JsonElement item, IBufferWriter<byte> output)
    {
        CloseItem(output);
        _events.WriteWhole(item, _items, output);
    }

    /// <summary>The item's id, or a new one if it has none or repeats one already written: clients tell items apart by id.</summary>
    private string IdOf(JsonElement? item, string prefix) => item?.Text("id") is { Length: > 0 } id && _ids.Add(id)
        ? id
        : _identity!.Value.ItemId(prefix, _items.Count);

    private void WriteText(TextContent text, IBufferWriter<byte> output)
    {
        var item = ItemKeys.ItemOf(text.AdditionalProperties);
        if (_open is not OpenMessage message || item is not null)
        {
            CloseItem(output);
            item ??= _messageBegun ? null : _firstMessage;
            _messageBegun = true;
            message = new OpenMessage(_items.Count, IdOf(item, "msg"), item);
            _open = message;
            message.Open(_events, output);
        }

        message.Write(text, ItemKeys.IsRefusal(text), _logProbs, _events, output);
    }

    private void WriteReasoning(TextReasoningContent reasoning, IBufferWriter<byte> output)
    {
        var ours = ItemKeys.IsOurs(reasoning);
        var encrypted = ours ? reasoning.ProtectedData : _carriesReasoning ? CarriedReasoning.Of(reasoning) : null;
        if (reasoning.Text.Length == 0 && encrypted is null)
        {
            // Signed or redacted reasoning of another format is useless to a client that does not ask for it. An item of this one is useful
            // even if empty: its provider recognises it by its id. One with a text has been written, piece by piece.
            if (ours && IsWholeItem(reasoning) && ItemKeys.RawOf(reasoning) is { } raw && ItemDecoder.TextOf(raw).Length == 0)
                WriteWhole(raw, output);
            return;
        }

        if (_open is not OpenReasoning { Encrypted: null } open || CarriedReasoning.IsRedacted(reasoning))
        {
            CloseItem(output);
            var item = ours ? ItemKeys.RawOf(reasoning) ?? ItemKeys.ItemOf(reasoning.AdditionalProperties) : null;
            open = new OpenReasoning(_items.Count, item?.Text("id") ?? _identity!.Value.ReasoningId(_items.Count));
            _open = open;
            open.Open(_events, output);
        }

        if (reasoning.Text.Length > 0)
            open.Write(reasoning.Text, _events, output);
        open.Encrypted = encrypted;
    }

    private void WriteFragment(ToolCallFragment fragment, IBufferWriter<byte> output)
    {
        if (_open is OpenCall open && open.Call.Source == fragment.Index)
        {
            open.Write(fragment.Arguments, _events, output);
            return;
        }

        if (_calls.Exists(call => call.Source == fragment.Index))
            return;
        var group = ItemKeys.NamespaceOf(fragment.AdditionalProperties);
        var written = new WrittenCall(fragment.Index, fragment.CallId ?? "", fragment.Name ?? "", fragment.IsCustom, group);
        OpenCallItem(written, ItemKeys.ItemOf(fragment.AdditionalProperties), output).Write(fragment.Arguments, _events, output);
    }

    /// <summary>A whole call: of a provider that does not stream arguments, or the end of one that has been written in fragments.</summary>
    private void WriteCall(FunctionCallContent call, IBufferWriter<byte> output)
    {
        if (_open is not OpenCall open || !IsOf(call, open.Call))
        {
            if (_calls.Exists(written => IsOf(call, written)))
                return;
            int? source = call.AdditionalProperties.Number(CanonicalKeys.ToolCallIndex);
            var group = ItemKeys.NamespaceOf(call.AdditionalProperties);
            if (_carriesReasoning && CarriedReasoning.Of(call) is { } signature)
                WriteSignature(signature, output);
            var written = new WrittenCall(source, call.CallId, call.Name, ItemKeys.IsCustom(call), group);
            open = OpenCallItem(written, ItemKeys.ItemOf(call.AdditionalProperties), output);
        }

        if (open.IsEmpty)
            open.Write(ItemKeys.ArgumentsOf(call), _events, output);
        CloseItem(output);
    }

    private void WriteSignature(string signature, IBufferWriter<byte> output)
    {
        CloseItem(output);
        _open = new OpenReasoning(_items.Count, _identity!.Value.ReasoningId(_items.Count)) { Encrypted = signature };
        _open.Open(_events, output);
        CloseItem(output);
    }

    private OpenCall OpenCallItem(WrittenCall call, JsonElement? item, IBufferWriter<byte> output)
    {
        CloseItem(output);
        _calls.Add(call);
        var open = new OpenCall(_items.Count, IdOf(item, call.IsCustom ? "ctc" : "fc"), call, item);
        _open = open;
        open.Open(_events, output);
        return open;
    }

    private void CloseItem(IBufferWriter<byte> output)
    {
        if (_open is not { } open)
            return;
        _open = null;
        _items.Add(open.Close(FinishReasons.WriteIncomplete(_finish) is null ? "completed" : "incomplete", _events, output));
    }

    private void WriteResponse(ReadOnlySpan<byte> type, string status, string? incomplete, CallError? error, IBufferWriter<byte> output)
    {
        var writer = _events.Begin(type, output);
        writer.WritePropertyName("response"u8);
        if (context.Kept is { } turn && status is ("completed" or "incomplete"))
        {
            var whole = new ArrayBufferWriter<byte>();
            using (var own = new Utf8JsonWriter(whole, WireJson.WriterOptions))
                WriteObject(own, status, incomplete, error);
            turn.Take(whole.WrittenSpan);
            writer.WriteRawValue(whole.WrittenSpan, skipInputValidation: true);
        }
        else
        {
            WriteObject(writer, status, incomplete, error);
        }

        _events.End(output);
    }

    private void WriteObject(Utf8JsonWriter writer, string status, string? incomplete, CallError? error)
    {
        _response.Begin(writer, _identity!.Value, status, incomplete, error, _kept);
        writer.WriteStartArray("output"u8);
        foreach (var item in _items)
            writer.WriteRawValue(item.Span, skipInputValidation: true);
        writer.WriteEndArray();
        ResponseWriter.End(writer, status, _usage, _rawUsage);
    }
}
