using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Shared;

/// <summary>
/// A probe for formats without a client's side, whose answers are never forwarded: it decodes the whole answer, which costs more than
/// scanning but needs no second reader of the format.
/// </summary>
/// <param name="decoder">Reads a streamed answer.</param>
/// <param name="decodeAnswer">Reads a whole one.</param>
internal sealed class DecodingProbe(IStreamDecoder decoder, Func<ReadOnlyMemory<byte>, CanonicalAnswer> decodeAnswer) : IAnswerProbe
{
    private readonly List<ChatResponseUpdate> _updates = [];
    private TokenUsage _whole;
    private string? _serviceTier;

    public TokenUsage Usage => _whole.UpdatedBy(decoder.Usage);

    /// <summary>The decoder reports an empty answer as an error.</summary>
    public bool IsEmpty => false;

    string? IAnswerProbe.ServiceTier => _serviceTier;

    public bool SawEnd { get; private set; }

    public CallError? Error { get; private set; }

    public FrameKind Observe(StreamFrame frame)
    {
        _updates.Clear();
        if (decoder.Decode(frame, _updates) is { } error)
        {
            Error = error;
            return FrameKind.Error;
        }

        foreach (var update in _updates)
            _serviceTier = ServiceTiers.In(update.AdditionalProperties) ?? _serviceTier;
        SawEnd |= decoder.IsTerminated || _updates.Exists(update => update.FinishReason is not null);
        if (_updates.Exists(update => update.FinishReason is not null || update.Contents.Any(content => content is not UsageContent)))
            return FrameKind.Content;
        if (_updates.Exists(update => update.Contents.Count > 0))
            return FrameKind.UsageOnly;
        return decoder.IsTerminated ? FrameKind.Terminator : FrameKind.Other;
    }

    public bool ObserveBody(ReadOnlySpan<byte> body)
    {
        try
        {
            var answer = decodeAnswer(body.ToArray());
            _whole = answer.Usage;
            _serviceTier = answer is CanonicalChatAnswer chat ? ServiceTiers.In(chat.Response.AdditionalProperties) : null;
        }
        catch (CallException exception)
        {
            Error = exception.Error;
        }

        return WireJson.TryParse(body, out var root, out _) && root.ValueKind == System.Text.Json.JsonValueKind.Object;
    }
}
