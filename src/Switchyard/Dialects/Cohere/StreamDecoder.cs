using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.Cohere;

/// <summary>
/// Reads a streamed chat: named events, of which <c>message-end</c> carries the finish reason and the usage; the terminator follows it.
/// </summary>
internal sealed class StreamDecoder : IStreamDecoder
{
    private readonly List<Call> _calls = [];
    private readonly ToolCallBudget _budget = new();
    private string? _id;
    private bool _ended;
    private bool _failed;

    public bool IsTerminated { get; private set; }

    public TokenUsage Usage { get; private set; }

    public CallError? Decode(StreamFrame frame, List<ChatResponseUpdate> updates)
    {
        var data = frame.Data.Trim(" \t\r\n"u8);
        if (IsTerminated || _failed || data.IsEmpty)
            return null;
        if (DoneMarker.Is(data))
            return Finish(updates);
        if (!WireJson.TryParse(data, out var root, out var problem) || root.ValueKind != JsonValueKind.Object)
        {
            return Fail(new CallError(
                CallErrorKind.UpstreamUnavailable, "The provider sent a stream event that is not a JSON object.") { Cause = problem });
        }

        // Events after message-end are ignored.
        try
        {
            return _ended ? null : Decode(root, updates);
        }
        catch (CallException exception)
        {
            return Fail(AnswerErrors.MalformedEvent(exception));
        }
    }

    public CallError? Finish(List<ChatResponseUpdate> updates)
    {
        if (IsTerminated || _failed)
            return null;
        IsTerminated = true;
        return _ended ? null : AnswerErrors.Interrupted();
    }

    private CallError? Decode(JsonElement root, List<ChatResponseUpdate> updates)
    {
        var message = root.Member("delta")?.Member("message");
        switch (root.Text("type"))
        {
            case "message-start":
                _id ??= root.Text("id") is { Length: > 0 } id ? id : null;
                updates.Add(NewUpdate());
                return null;
            case "tool-plan-delta":
                AddReasoning(message?.Text("tool_plan"), updates);
                return null;
            case "content-start" or "content-delta":
                AddContent(root, message?.Member("content"), updates);
                return null;
            case "citation-start":
                AddCitation(message?.Member("citations"), updates);
                return null;
            case "tool-call-start":
                return Begin(root, message?.Member("tool_calls"), updates);
            case "tool-call-delta":
                Continue(root, message?.Member("tool_calls")?.Member("function")?.Text("arguments"), updates);
                return null;
            case "message-end":
                return End(root.Member("delta"), updates);
            case null when ErrorDecoder.DecodeInBand(root) is { } error:
                return Fail(error);
            default:
                return null; // Ends of blocks, and events of later versions.
        }
    }

    private void AddReasoning(string? text, List<ChatResponseUpdate> updates)
    {
        if (!string.IsNullOrEmpty(text))
            Add(new TextReasoningContent(text), updates);
    }

    private void AddContent(JsonElement root, JsonElement? content, List<ChatResponseUpdate> updates)
    {
        if (content is not { } block)
            return;
        if (AnswerDecoder.Unknown(block) is { } unknown)
            Add(unknown, updates);
        AddReasoning(block.Text("thinking"), updates);
        if (block.Text("text") is not { Length: > 0 } text)
            return;
        var update = Add(new TextContent(text), updates);
        if (LogProbs.Read(root.Member("logprobs")) is { } logProbs)
            (update.AdditionalProperties ??= [])[CanonicalKeys.LogProbs] = logProbs;
    }

    /// <summary>A citation comes after the text it is about, so it is emitted on a separate empty text.</summary>
    private void AddCitation(JsonElement? citation, List<ChatResponseUpdate> updates)
    {
        if (citation is { } wire && Citations.IsOfText(wire) && Citations.Read(wire).ToList<AIAnnotation>() is { Count: > 0 } annotations)
            Add(new TextContent("") { Annotations = annotations }, updates);
    }

    private CallError? Begin(JsonElement root, JsonElement? wire, List<ChatResponseUpdate> updates)
    {
        var function = wire?.Member("function");
        if (function?.Text("name") is not { Length: > 0 } name)
            return Fail(new CallError(CallErrorKind.UpstreamUnavailable, "The provider sent a tool call without a name."));
        var id = wire?.Text("id") is { Length: > 0 } wireId
            ? wireId
            : string.Create(CultureInfo.InvariantCulture, $"call_{_id}_{_calls.Count}");
        var call = new Call(root.Integer("index") ?? _calls.Count, id, name);
        var piece = AnswerDecoder.ArgumentsText(function.Value);
        _budget.Begin();
        _budget.Take(piece);
        call.Arguments.Append(piece);
        _calls.Add(call);
        Add(new ToolCallFragment { Index = _calls.Count - 1, CallId = id, Name = name, Arguments = piece }, updates);
        return null;
    }

    private void Continue(JsonElement root, string? piece, List<ChatResponseUpdate> updates)
    {
        var at = root.Integer("index") is { } index ? _calls.FindLastIndex(call => call.WireIndex == index) : _calls.Count - 1;
        if (at < 0 || string.IsNullOrEmpty(piece))
            return;
        _budget.Take(piece);
        _calls[at].Arguments.Append(piece);
        Add(new ToolCallFragment { Index = at, Arguments = piece }, updates);
    }

    private CallError? End(JsonElement? delta, List<ChatResponseUpdate> updates)
    {
        _ended = true;
        var usage = delta?.Member("usage");
        Usage = UsageReader.Read(usage);
        var word = delta?.Text("finish_reason");
        var failure = FinishWords.ErrorOf(word, delta?.Text("error"));
        if (failure is null)
        {
            var last = NewUpdate();
            for (var i = 0; i < _calls.Count; i++)
            {
                var call = ToolArguments.ToCall(_calls[i].Id, _calls[i].Name, _calls[i].Arguments.ToString());
                call.AdditionalProperties![CanonicalKeys.ToolCallIndex] = i;
                last.Contents.Add(call);
            }

            last.FinishReason = FinishReasons.Read(word, _calls.Count > 0);
            if (!FinishReasons.IsLossless(word))
            {
                var native = delta!.Value.Member("finish_reason")!.Value;
                last.AdditionalProperties = new() { [CanonicalKeys.ChoicePrefix + "native_finish_reason"] = native };
            }

            updates.Add(last);
        }

        if (!Usage.IsEmpty)
        {
            var kept = new AdditionalPropertiesDictionary { [CanonicalKeys.Own(DialectId.Cohere, "usage")] = usage!.Value };
            Add(new UsageContent(Usage.ToUsageDetails()) { AdditionalProperties = kept }, updates);
        }

        return failure is null ? null : Fail(failure);
    }

    private CallError Fail(CallError error)
    {
        _failed = true;
        return error;
    }

    private ChatResponseUpdate Add(AIContent content, List<ChatResponseUpdate> updates)
    {
        var update = NewUpdate();
        update.Contents.Add(content);
        updates.Add(update);
        return update;
    }

    private ChatResponseUpdate NewUpdate() => new() { Role = ChatRole.Assistant, ResponseId = _id, MessageId = _id };

    private sealed record Call(long WireIndex, string Id, string Name)
    {
        public StringBuilder Arguments { get; } = new();
    }
}
