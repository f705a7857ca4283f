using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.BedrockConverse;

/// <summary>
/// Reads a streamed answer. Text, reasoning and pieces of tool calls come out with their frame; whole calls, the finish reason and usage
/// once, at the end, because usage is the last event and comes after the one with the stop reason.
/// </summary>
internal sealed class StreamDecoder : IStreamDecoder
{
    // On each piece of a thought: of pieces that are joined the properties of the first remain, and the signature comes last.
    private readonly AdditionalPropertiesDictionary _origin = new() { [CanonicalKeys.ReasoningOrigin] = DialectId.BedrockConverse.Value };
    private readonly Dictionary<long, StreamedCall> _byBlock = [];
    private readonly List<StreamedCall> _calls = [];
    private readonly ToolCallBudget _budget = new();
    private string _signature = "";
    private string? _imageFormat;
    private TokenUsage _usage;
    private JsonElement? _stop;
    private JsonElement? _tier;
    private string? _stopSequence;
    private bool _begun;
    private bool _failed;

    public bool IsTerminated { get; private set; }

    public TokenUsage Usage => _usage;

    public CallError? Decode(StreamFrame frame, List<ChatResponseUpdate> updates)
    {
        if (IsTerminated || (frame.Data.IsEmpty && !frame.IsException))
            return null;
        if (frame.IsException)
        {
            _failed = true;
            AddUsage(updates);
            return ErrorDecoder.DecodeException(frame.EventName, frame.Data);
        }

        if (!WireJson.TryParse(frame.Data, out var root, out var problem))
        {
            _failed = true;
            return AnswerErrors.UnreadableEvent(problem);
        }

        try
        {
            return Decode(frame.EventName, root, updates);
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
        if (_stop is not null)
            return End(updates);
        IsTerminated = true;
        AddUsage(updates);
        return AnswerErrors.Interrupted();
    }

    private CallError? Decode(ReadOnlySpan<byte> name, JsonElement root, List<ChatResponseUpdate> updates)
    {
        if (name.SequenceEqual("contentBlockDelta"u8))
        {
            if (root.Member("delta") is { } delta)
                DecodeDelta(root.Integer("contentBlockIndex") ?? 0, delta, updates);
        }
        else if (name.SequenceEqual("contentBlockStart"u8))
        {
            if (root.Member("start")?.Member("toolUse") is { } call)
                Add(updates, OpenCall(root.Integer("contentBlockIndex") ?? 0, call.Text("toolUseId"), call.Text("name")).Open());
            _imageFormat = root.Member("start")?.Member("image")?.Text("format");
        }
        else if (name.SequenceEqual("contentBlockStop"u8))
        {
            FlushSignature(updates);
            // Emitted here and not at the end: clients of other formats treat a call as complete when the next one begins.
            if (_byBlock.TryGetValue(root.Integer("contentBlockIndex") ?? 0, out var ended) && ended.IsEmpty)
                Add(updates, ended.Append("{}"));
        }
        else if (name.SequenceEqual("messageStart"u8))
        {
            Begin(updates);
        }
        else if (name.SequenceEqual("messageStop"u8))
        {
            _stop = root.Member("stopReason") ?? JsonElement.Parse("\"end_turn\""u8);
            _stopSequence = AnswerDecoder.StopSequence(root);
        }
        else if (name.SequenceEqual("metadata"u8))
        {
            _usage = _usage.UpdatedBy(UsageReader.Read(root.Member("usage")));
            _tier = root.Member("serviceTier")?.Member("type");
            // The last event; the stop reason comes before it.
            if (_stop is not null)
                return End(updates);
        }

        return null;
    }

    private void DecodeDelta(long block, JsonElement delta, List<ChatResponseUpdate> updates)
    {
        if (delta.Text("text") is { Length: > 0 } text)
        {
            Add(updates, new TextContent(text));
        }
        else if (delta.Member("toolUse")?.Member("input") is { } input)
        {
            var piece = input.ValueKind == JsonValueKind.String ? input.GetString()! : input.GetRawText();
            _budget.Take(piece);
            if (!_byBlock.TryGetValue(block, out var call))
                Add(updates, (call = OpenCall(block, id: null, name: null)).Open());
            if (piece.Length > 0)
                Add(updates, call.Append(piece));
        }
        else if (delta.Member("reasoningContent") is { } reasoning)
        {
            if (reasoning.Text("text") is { Length: > 0 } thought)
                Add(updates, new TextReasoningContent(thought) { AdditionalProperties = _origin });
            else if (reasoning.Text("signature") is { Length: > 0 } signature)
                _signature += signature;
            else if (reasoning.Text("redactedContent") is { Length: > 0 } hidden)
                Add(updates, ContentDecoder.Protected("", hidden, redacted: true));
        }
        else if (delta.Member("citation") is { ValueKind: JsonValueKind.Object } citation)
        {
            Add(updates, new TextContent("") { Annotations = [ContentDecoder.Citation(citation)] });
        }
        else if (delta.Member("image") is { } image && ContentDecoder.Image(_imageFormat, image) is { } made)
        {
            Add(updates, made);
        }
        else if (delta.ValueKind == JsonValueKind.Object && delta.Member("text") is null)
        {
            Add(updates, ContentDecoder.Whole(delta));
        }
    }

    /// <summary>Emits a signature, which may come in pieces, once its block has ended.</summary>
    private void FlushSignature(List<ChatResponseUpdate> updates)
    {
        if (_signature.Length == 0)
            return;
        var whole = _signature;
        _signature = "";
        Add(updates, ContentDecoder.Protected("", whole, redacted: false));
    }

    private StreamedCall OpenCall(long block, string? id, string? name)
    {
        _budget.Begin();
        var call = new StreamedCall(_calls.Count, id ?? "", name ?? "");
        _byBlock[block] = call;
        _calls.Add(call);
        return call;
    }

    private CallError? End(List<ChatResponseUpdate> updates)
    {
        IsTerminated = true;
        var stop = _stop is { ValueKind: JsonValueKind.String } word ? word.GetString() : null;
        var error = FinishWords.ErrorOf(stop)
            ?? (_calls.Any(call => call.Name.Length == 0)
                ? new CallError(CallErrorKind.UpstreamUnavailable, "The provider sent a tool call without a name.")
                : null);
        if (error is null)
        {
            Begin(updates);
            FlushSignature(updates);
            var update = new ChatResponseUpdate { Role = ChatRole.Assistant, FinishReason = FinishReasons.Read(stop, _calls.Count > 0) };
            foreach (var call in _calls)
                update.Contents.Add(call.Complete());
            if (!FinishReasons.IsLossless(stop))
                (update.AdditionalProperties ??= [])[CanonicalKeys.ChoicePrefix + "native_finish_reason"] = _stop!.Value;
            if (_stopSequence is not null)
                (update.AdditionalProperties ??= [])[CanonicalKeys.StopSequence] = _stopSequence;
            if (_tier is { ValueKind: JsonValueKind.String } tier)
                (update.AdditionalProperties ??= [])["service_tier"] = tier;
            updates.Add(update);
        }

        AddUsage(updates);
        return error;
    }

    private void AddUsage(List<ChatResponseUpdate> updates)
    {
        if (!_usage.IsEmpty)
            Add(updates, new UsageContent(_usage.ToUsageDetails()));
    }

    private void Begin(List<ChatResponseUpdate> updates)
    {
        if (_begun)
            return;
        _begun = true;
        updates.Add(new ChatResponseUpdate { Role = ChatRole.Assistant });
    }

    private void Add(List<ChatResponseUpdate> updates, AIContent content)
    {
        Begin(updates);
        updates.Add(new ChatResponseUpdate { Role = ChatRole.Assistant, Contents = [content] });
    }
}
