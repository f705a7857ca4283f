using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>
/// Reads a streamed answer. Content and tool-call fragments come out with their event; whole tool calls, the finish reason and usage come
/// out once, at the end.
/// </summary>
internal sealed class StreamDecoder : IStreamDecoder
{
    private readonly Dictionary<long, StreamedBlock> _blocks = [];
    private readonly List<StreamedBlock> _calls = [];
    private readonly ToolCallBudget _budget = new();

    // Shared by all pieces of thinking; code that joins pieces copies it.
    private readonly AdditionalPropertiesDictionary _origin = new() { [CanonicalKeys.ReasoningOrigin] = AnthropicKeys.Dialect.Value };
    private StreamedUsage _usage;
    private JsonElement? _end;
    private AdditionalPropertiesDictionary? _members;
    private StreamedBlock? _current;
    private long _currentIndex = -1;
    private bool _beginsText;
    private string? _id;
    private string? _model;
    private bool _opened;
    private bool _failed;

    public bool IsTerminated { get; private set; }

    public TokenUsage Usage => _usage.Usage;

    bool IStreamDecoder.IsCountedAtStart => IsTerminated && _usage.IsOutputOfStart;

    public CallError? Decode(StreamFrame frame, List<ChatResponseUpdate> updates)
    {
        var data = frame.Data;
        if (IsTerminated || data.IsEmpty)
            return null;
        var delta = default(DeltaReader);
        try
        {
            if (!delta.TryRead(data))
                return DecodeSlowly(frame, updates);
            TakeDelta(delta.Index, delta.Kind, delta.Text!, updates);
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
        if (IsTerminated || _failed)
            return null;
        IsTerminated = true;
        // Some servers just close after the stop reason; closing before it is a broken answer.
        if (_end is not null)
            return End(updates);
        AddUsage(updates);
        return AnswerErrors.Interrupted();
    }

    private CallError? DecodeSlowly(StreamFrame frame, List<ChatResponseUpdate> updates)
    {
        var data = frame.Data.Trim(" \t\r\n"u8);
        if (data.IsEmpty)
            return null;
        if (DoneMarker.Is(data))
        {
            IsTerminated = true;
            return _failed ? null : End(updates);
        }

        var isErrorEvent = frame.EventName.SequenceEqual("error"u8) || frame.IsException;
        if (!WireJson.TryParse(data, out var root, out var problem))
        {
            _failed = true;
            return AnswerErrors.UnreadableEvent(problem, isErrorEvent);
        }

        if (root.ValueKind != JsonValueKind.Object && !isErrorEvent)
            return null;
        if (isErrorEvent || root.Text("type") is "error" or null)
        {
            if (ErrorDecoder.DecodeInBand(root, isErrorEvent) is { } error)
            {
                _failed = true;
                AddUsage(updates);
                return error;
            }
        }

        return Take(root, updates);
    }

    private CallError? Take(JsonElement root, List<ChatResponseUpdate> updates)
    {
        switch (root.Text("type"))
        {
            case "message_start":
                Start(root, updates);
                break;
            case "content_block_start" when root.Member("content_block") is { ValueKind: JsonValueKind.Object } block:
                Open(root.Integer("index") ?? _blocks.Count, block, updates);
                break;
            case "content_block_delta" when root.Member("delta") is { ValueKind: JsonValueKind.Object } delta:
                TakeRareDelta(root.Integer("index") ?? _currentIndex, delta, updates);
                break;
            case "content_block_stop":
                if (Find(root.Integer("index") ?? _currentIndex) is { } stopped)
                    Close(stopped, updates);
                break;
            case "message_delta":
                TakeEnd(root);
                break;
            case "message_stop":
                IsTerminated = true;
                return _failed ? null : End(updates);
            case "ping":
                updates.Add(new ChatResponseUpdate { AdditionalProperties = new() { [CanonicalKeys.Ping] = true } });
                break;
        }

        return null;
    }

    private void Start(JsonElement root, List<ChatResponseUpdate> updates)
    {
        if (root.Member("message") is not { ValueKind: JsonValueKind.Object } message)
            return;
        _id ??= message.Text("id") is { Length: > 0 } id ? id : null;
        _model ??= message.Text("model") is { Length: > 0 } model ? model : null;
        _usage.TakeStart(message.Member("usage"));
        EnsureOpened(updates);
        // A server that generates the answer in one piece may put the content here.
        if (message.Member("content") is { ValueKind: JsonValueKind.Array } blocks)
        {
            foreach (var block in blocks.EnumerateArray())
            {
                if (block.ValueKind == JsonValueKind.Object)
                    Open(_blocks.Count, block, updates);
            }
        }
    }

    private void TakeEnd(JsonElement root)
    {
        _usage.Take(root.Member("usage"));
        // Beside the delta, where a whole answer has it among the members of the message.
        if (root.Member("context_management") is { } edits)
            (_members ??= [])[AnthropicKeys.OwnContextManagement] = edits;
        if (root.Member("delta") is not { ValueKind: JsonValueKind.Object } delta)
            return;
        if (delta.Member("stop_reason") is not null || _end is null)
            _end = delta.Member("stop_reason") is null ? _end : delta;
        foreach (var member in delta.EnumerateObject())
        {
            if (!AnswerDecoder.IsModelled(member))
                KeptFields.Keep(ref _members, AnthropicKeys.Dialect, member.Name, member.Value);
        }
    }

    private void Open(long index, JsonElement block, List<ChatResponseUpdate> updates)
    {
        EnsureOpened(updates);
        CloseAt(index, updates);
        var opened = StreamedBlock.Of(block, _calls.Count, _id);
        if (opened.Kind == BlockKind.Call)
            _budget.Begin();
        _beginsText = opened.Kind == BlockKind.Text && _current?.Kind == BlockKind.Text;
        _blocks[index] = _current = opened;
        _currentIndex = index;
        switch (opened.Kind)
        {
            case BlockKind.Call:
                _calls.Add(opened);
                Add(updates, new ToolCallFragment
                {
                    Index = opened.CallIndex,
                    CallId = opened.CallId,
                    Name = opened.Name,
                    AdditionalProperties = opened.Members(),
                });
                break;
            case BlockKind.Text when block.Text("text") is { Length: > 0 } text:
                AddText(updates, new TextContent(text));
                break;
            case BlockKind.Thinking:
                if (block.Text("thinking") is { Length: > 0 } thinking)
                    TakeThinking(thinking, updates);
                opened.Gathered.Append(block.Text("signature"));
                break;
            case BlockKind.Whole when block.Text("type") == "redacted_thinking" && block.Text("data") is { } data:
                opened.IsClosed = true;
                Add(updates, ContentDecoder.Redacted(block, data));
                break;
        }
    }

    private StreamedBlock? Find(long index)
    {
        if (index == _currentIndex)
            return _current;
        return _blocks.GetValueOrDefault(index);
    }

    private void TakeDelta(long index, DeltaKind kind, string text, List<ChatResponseUpdate> updates)
    {
        EnsureOpened(updates);
        if (text.Length == 0)
            return;
        switch (kind)
        {
            case DeltaKind.Text:
                AddText(updates, new TextContent(text));
                break;
            case DeltaKind.Thinking:
                TakeThinking(text, updates);
                break;
            case DeltaKind.Arguments:
                TakeArguments(Find(index), text, updates);
                break;
        }
    }

    private void TakeArguments(StreamedBlock? block, string text, List<ChatResponseUpdate> updates)
    {
        if (block is null)
            return;
        _budget.Take(text);
        block.Gathered.Append(text);
        if (block.Kind == BlockKind.Call)
            Add(updates, new ToolCallFragment { Index = block.CallIndex, Arguments = text });
        else if (block.Kind == BlockKind.Answer)
            Add(updates, new TextContent(text));
    }

    private void TakeThinking(string text, List<ChatResponseUpdate> updates) =>
        Add(updates, new TextReasoningContent(text) { AdditionalProperties = _origin });

    private void TakeRareDelta(long index, JsonElement delta, List<ChatResponseUpdate> updates)
    {
        switch (delta.Text("type"))
        {
            case "text_delta":
                TakeDelta(index, DeltaKind.Text, delta.Text("text") ?? "", updates);
                break;
            case "thinking_delta":
                TakeDelta(index, DeltaKind.Thinking, delta.Text("thinking") ?? "", updates);
                break;
            case "input_json_delta":
                TakeDelta(index, DeltaKind.Arguments, delta.Text("partial_json") ?? "", updates);
                break;
            case "signature_delta":
                Find(index)?.Gathered.Append(delta.Text("signature"));
                break;
            case "citations_delta" when delta.Member("citation") is { ValueKind: JsonValueKind.Object } citation:
                EnsureOpened(updates);
                AddText(updates, new TextContent("")
                {
                    Annotations = ContentDecoder.Citations([citation]),
                    AdditionalProperties = new() { [AnthropicKeys.OwnCitation] = citation },
                });
                break;
            case "compaction_delta" when Find(index) is { Kind: BlockKind.Whole } compacted:
                _budget.Take(compacted.TakeCompaction(delta));
                break;
        }
    }

    private void CloseAt(long index, List<ChatResponseUpdate> updates)
    {
        // Some servers leave out content_block_stop, or send all of them at the end.
        if (_current is { IsClosed: false } open)
            Close(open, updates, mayGoOn: true);
        if (Find(index) is { IsClosed: false } same)
            Close(same, updates, mayGoOn: true);
    }

    /// <summary>Closes a block that has stopped, or that may continue after the next block began: its arguments may still follow.</summary>
    private void Close(StreamedBlock block, List<ChatResponseUpdate> updates, bool mayGoOn = false)
    {
        if (block.IsClosed)
            return;
        block.IsClosed = true;
        switch (block.Kind)
        {
            case BlockKind.Thinking when block.Gathered.Length > 0:
                Add(updates, new TextReasoningContent("") { ProtectedData = block.Gathered.ToString(), AdditionalProperties = _origin });
                break;
            case BlockKind.Call or BlockKind.Answer when block.Gathered.Length == 0:
                CloseEmpty(block, updates, mayGoOn);
                break;
            case BlockKind.Whole:
                Add(updates, ContentDecoder.Whole(block.Whole()));
                break;
        }
    }

    private void CloseEmpty(StreamedBlock block, List<ChatResponseUpdate> updates, bool mayGoOn)
    {
        // Some servers send the arguments with content_block_start, where all others send an empty object.
        if (block.Start.Member("input") is { ValueKind: JsonValueKind.Object } input && input.EnumerateObject().Any())
            TakeArguments(block, ContentDecoder.InputText(block.Start), updates);
        // Emitted here and not at the end: clients of other formats treat a call as complete when the next one begins.
        else if (block.Kind == BlockKind.Call && !mayGoOn)
            TakeArguments(block, "{}", updates);
    }

    private CallError? End(List<ChatResponseUpdate> updates)
    {
        foreach (var block in _blocks.Values)
            Close(block, updates);
        if (_calls.Exists(call => call.Name.Length == 0))
        {
            AddUsage(updates);
            return new CallError(CallErrorKind.UpstreamUnavailable, "The provider sent a tool call without a name.");
        }

        if (!_opened)
            return new CallError(CallErrorKind.UpstreamUnavailable, "The provider's stream ended before it began.");
        if (FinishWords.ErrorOf(_end?.Text("stop_reason")) is { } failure)
        {
            AddUsage(updates);
            return failure;
        }

        var update = NewUpdate();
        foreach (var call in _calls)
            update.Contents.Add(call.ToCall());
        var kept = _members;
        update.FinishReason = AnswerDecoder.TakeEnd(_end ?? default, _calls.Count > 0, ref kept);
        update.AdditionalProperties = kept;
        updates.Add(update);
        AddUsage(updates);
        return null;
    }

    private void AddUsage(List<ChatResponseUpdate> updates)
    {
        if (_usage.TakeContent() is { } content)
            Add(updates, content);
    }

    private void EnsureOpened(List<ChatResponseUpdate> updates)
    {
        if (_opened)
            return;
        _opened = true;
        updates.Add(NewUpdate());
    }

    /// <summary>Adds a text, and marks the first of a block that follows another text.</summary>
    private void AddText(List<ChatResponseUpdate> updates, TextContent text)
    {
        if (_beginsText)
            (text.AdditionalProperties ??= [])[AnthropicKeys.BeginsBlock] = WireJson.True;
        _beginsText = false;
        Add(updates, text);
    }

    private void Add(List<ChatResponseUpdate> updates, AIContent content)
    {
        var update = NewUpdate();
        update.Contents = [content];
        updates.Add(update);
    }

    private ChatResponseUpdate NewUpdate() => new() { Role = ChatRole.Assistant, ResponseId = _id, MessageId = _id, ModelId = _model };
}
