using System.Buffers;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>
/// OpenAI responses: a conversation of typed items in, an answer of typed items out, and the count of a request's tokens. Nothing is stored
/// here: a request that refers to stored answers goes to a provider that keeps them, or is refused.
/// </summary>
/// <remarks>Stateless and thread-safe.</remarks>
internal sealed class OpenAIResponsesDialect : IIngressDialect, IEgressDialect
{
    /// <inheritdoc cref="IEgressDialect.Id"/>
    public DialectId Id => DialectId.OpenAIResponses;

    /// <inheritdoc/>
    public IReadOnlyList<string> RequestHeaders { get; } = [EnvelopeReader.Originator, BetaHeader.Name];

    bool IEgressDialect.StoresAnswers => true;

    AnswerModelPlace IIngressDialect.AnswerModel { get; } = new("model", StreamParent: "response");

    /// <inheritdoc/>
    public CallEnvelope ReadEnvelope(IngressRequest request, ReadOnlySpan<byte> body) => EnvelopeReader.Read(request, body);

    /// <inheritdoc/>
    public CanonicalRequest DecodeRequest(CallEnvelope envelope, ReadOnlyMemory<byte> body) =>
        RequestDecoder.Decode(envelope.Operation, body.Span);

    /// <inheritdoc/>
    public void EncodeAnswer(CanonicalAnswer answer, AnswerContext context, IBufferWriter<byte> output) =>
        AnswerEncoder.Encode(answer, context, output);

    /// <inheritdoc/>
    public IStreamEncoder CreateStreamEncoder(AnswerContext context) => new StreamEncoder(context);

    /// <inheritdoc/>
    public void EncodeError(CallError error, IBufferWriter<byte> output) => ErrorEncoder.Write(error, output);

    /// <inheritdoc/>
    public void EncodeStreamError(CallError error, IBufferWriter<byte> output) => ErrorEncoder.WriteEvent(error, output);

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, string>> GetHeaders(CallEnvelope envelope, EgressTarget target, LossReport losses) =>
        BetaHeader.Carry(envelope, losses);

    /// <inheritdoc cref="IEgressDialect.LimitHeaders"/>
    public IReadOnlyList<LimitHeaders> LimitHeaders => Dialects.LimitHeaders.Common;

    /// <inheritdoc/>
    public ToolNameRule ToolNames => ToolNameRule.Word64;

    /// <inheritdoc/>
    public string? GetPath(CallOperation operation, EgressTarget target, bool stream) => operation switch
    {
        CallOperation.Chat => "/responses",
        CallOperation.CountTokens => "/responses/input_tokens",
        CallOperation.Compaction => "/responses/compact",
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
    public CanonicalAnswer DecodeAnswer(CallOperation operation, ReadOnlyMemory<byte> body) => AnswerDecoder.Decode(operation, body.Span);

    /// <inheritdoc/>
    public IStreamDecoder CreateStreamDecoder(CallOperation operation) => new StreamDecoder();

    /// <inheritdoc/>
    public IAnswerProbe CreateProbe(CallOperation operation) =>
        new AnswerProbe(operation is CallOperation.Chat or CallOperation.Compaction);

    /// <inheritdoc/>
    public CallError DecodeError(int status, ReadOnlySpan<byte> body, EgressTarget target) =>
        ErrorDecoder.Decode(status, body, target.Provider);
}
