using System.Text;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.Framing;

namespace Switchyard.Egress.Reasoning;

/// <summary>
/// Stores the reasoning state of the tool calls of one answer in the <see cref="ReasoningMemory"/>. Pieces of a stream are joined: text up
/// to the signature that closes it, or, for a provider that requires text back without one, up to the call. Not
/// thread-safe; one recorder belongs to one answer.
/// </summary>
internal sealed class ReasoningRecorder(ReasoningMemory memory, string account, bool keepsText)
{
    private readonly StringBuilder _text = new();
    private readonly List<AIContent> _waiting = [];
    private readonly Dictionary<string, List<AIContent>> _beforeCall = new(StringComparer.Ordinal);
    private List<ChatResponseUpdate>? _updates;
    private IStreamDecoder? _decoder;
    private bool _isUnreadable;

    /// <summary>Reads the next piece of content.</summary>
    public void Observe(AIContent content)
    {
        switch (content)
        {
            case TextReasoningContent reasoning:
                Take(reasoning);
                break;
            case ToolCallFragment { CallId: { } id }:
                Open(id);
                break;
            case FunctionCallContent call:
                Open(call.CallId);
                Keep(call);
                break;
        }
    }

    /// <summary>Reads a whole answer that is forwarded. One that cannot be decoded is forwarded all the same.</summary>
    public void ObserveForwarded(IEgressDialect dialect, ReadOnlyMemory<byte> body)
    {
        try
        {
            if (dialect.DecodeAnswer(CallOperation.Chat, body) is not CanonicalChatAnswer answer)
                return;
            foreach (var content in answer.Response.Messages.SelectMany(static message => message.Contents))
                Observe(content);
        }
        catch (CallException)
        {
            // Nothing is kept of it.
        }
    }

    /// <summary>Reads one frame of a stream that is forwarded.</summary>
    public void ObserveForwarded(IEgressDialect dialect, StreamFrame frame)
    {
        _decoder ??= dialect.CreateStreamDecoder(CallOperation.Chat);
        if (_isUnreadable || _decoder.IsTerminated)
            return;
        try
        {
            _isUnreadable = _decoder.Decode(frame, _updates ??= []) is not null;
        }
        catch (CallException)
        {
            // What a decoded stream reports, a forwarded one leaves to the client.
            _isUnreadable = true;
        }

        ObserveUpdates();
    }

    /// <summary>The forwarded stream has ended: some servers close it without a terminator.</summary>
    public void FinishForwarded()
    {
        if (_isUnreadable || _decoder is null)
            return;
        _decoder.Finish(_updates ??= []);
        ObserveUpdates();
    }

    private void ObserveUpdates()
    {
        if (_updates is not { Count: > 0 } updates)
            return;
        foreach (var content in updates.SelectMany(static update => update.Contents))
            Observe(content);
        updates.Clear();
    }

    private void Take(TextReasoningContent reasoning)
    {
        if (reasoning.ProtectedData is null)
        {
            _text.Append(reasoning.Text);
            return;
        }

        var redacted = reasoning.AdditionalProperties?.ContainsKey(CanonicalKeys.RedactedReasoning) == true;
        if (redacted || _text.Length == 0)
        {
            _waiting.Add(reasoning);
            return;
        }

        _waiting.Add(new TextReasoningContent(_text + reasoning.Text)
        {
            ProtectedData = reasoning.ProtectedData,
            AdditionalProperties = reasoning.AdditionalProperties,
        });
        _text.Clear();
    }

    private void Open(string callId)
    {
        if (keepsText && _text.Length > 0)
        {
            _waiting.Add(new TextReasoningContent(_text.ToString()));
            _text.Clear();
        }

        if (_waiting.Count == 0 || !_beforeCall.TryAdd(callId, [.. _waiting]))
            return;
        _waiting.Clear();
    }

    private void Keep(FunctionCallContent call)
    {
        var before = _beforeCall.GetValueOrDefault(call.CallId) ?? [];
        var signature = Text(call, CanonicalKeys.Signature);
        if (before.Count > 0 || signature is not null)
            memory.Keep(account, call, new ReasoningState(before, signature, Text(call, CanonicalKeys.ReasoningOrigin)));
    }

    private static string? Text(AIContent content, string key) =>
        content.AdditionalProperties?.TryGetValue(key, out var value) == true ? value as string : null;
}
