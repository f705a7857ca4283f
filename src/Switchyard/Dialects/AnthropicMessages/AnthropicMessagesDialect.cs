using System.Buffers;
using Switchyard.Calls;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>Anthropic messages: system text beside strictly alternating turns of typed blocks, named stream events, and token counts.</summary>
/// <remarks>Stateless and thread-safe.</remarks>
public sealed class AnthropicMessagesDialect : IEgressDialect
{
    /// <inheritdoc/>
    public DialectId Id => DialectId.AnthropicMessages;

    /// <inheritdoc/>
    /// <remarks>Without a version the API refuses every request.</remarks>
    public IReadOnlyList<KeyValuePair<string, string>> DefaultHeaders { get; } = [new("anthropic-version", "2023-06-01")];

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, string>> GetHeaders(CallEnvelope envelope, EgressTarget target, LossReport losses) =>
        BetaFlags.Carry(envelope, target, losses);

    /// <inheritdoc/>
    public string? GetPath(CallOperation operation, EgressTarget target, bool stream) => operation switch
    {
        CallOperation.Chat => "/messages",
        CallOperation.CountTokens => "/messages/count_tokens",
        _ => null,
    };

    /// <inheritdoc/>
    public void EncodeRequest(CanonicalRequest request, EgressTarget target, LossReport losses, IBufferWriter<byte> output)
    {
        if (request is not CanonicalChatRequest chat)
            throw new ArgumentOutOfRangeException(nameof(request), request, "Not a request this format has a shape for.");
        RequestEncoder.Encode(chat, target, losses, output);
    }

    /// <inheritdoc/>
    public ForwardEdits? PlanForward(CallEnvelope envelope, ReadOnlySpan<byte> body, EgressTarget target) =>
        ForwardPlanner.Plan(envelope, body, target);

    /// <inheritdoc/>
    public CanonicalAnswer DecodeAnswer(CallOperation operation, ReadOnlyMemory<byte> body) => operation == CallOperation.CountTokens
        ? AnswerDecoder.DecodeCount(body.Span)
        : AnswerDecoder.Decode(body.Span);

    /// <inheritdoc/>
    public IStreamDecoder CreateStreamDecoder(CallOperation operation) => new StreamDecoder();

    /// <inheritdoc/>
    public IAnswerProbe CreateProbe(CallOperation operation) => new AnswerProbe();

    /// <inheritdoc/>
    public CallError DecodeError(int status, ReadOnlySpan<byte> body, EgressTarget target) => ErrorDecoder.Decode(status, body, target.Provider);
}
