using System.Buffers;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>
/// OpenAI chat completions, and the operations that share its conventions: embeddings, legacy completions, reranking and, forwarded
/// only, moderations, images and audio. The format most providers speak.
/// </summary>
/// <remarks>Stateless and thread-safe.</remarks>
internal sealed class OpenAIChatDialect : IIngressDialect, IEgressDialect
{
    /// <inheritdoc cref="IEgressDialect.Id"/>
    public DialectId Id => DialectId.OpenAIChat;

    /// <inheritdoc/>
    public CallEnvelope ReadEnvelope(IngressRequest request, ReadOnlySpan<byte> body) => EnvelopeReader.Read(request, body);

    /// <inheritdoc/>
    public CallEnvelope ReadFormEnvelope(IngressRequest request, IReadOnlyList<KeyValuePair<string, string>> fields) =>
        FormEnvelopeReader.Read(request, fields);

    /// <inheritdoc/>
    public CanonicalRequest DecodeRequest(CallEnvelope envelope, ReadOnlyMemory<byte> body) => envelope.Operation switch
    {
        CallOperation.Embedding => EmbeddingDecoder.DecodeRequest(body.Span),
        CallOperation.Rerank => RerankDecoder.DecodeRequest(body.Span),
        var operation when CallOperations.IsForwardOnly(operation) => throw ForwardOnly(CallErrorKind.InvalidRequest, operation),
        _ => RequestDecoder.Decode(envelope.Operation, body.Span),
    };

    /// <inheritdoc/>
    public void EncodeAnswer(CanonicalAnswer answer, AnswerContext context, IBufferWriter<byte> output)
    {
        switch (answer)
        {
            case CanonicalChatAnswer chat:
                AnswerEncoder.Encode(chat.Response, context, output);
                break;
            case CanonicalEmbeddingAnswer embedding:
                EmbeddingEncoder.EncodeAnswer(embedding.Embeddings, context, output);
                break;
            case CanonicalRerankAnswer rerank:
                RerankEncoder.EncodeAnswer(rerank, context, output);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(answer), answer, "Not an answer this format has a shape for.");
        }
    }

    /// <inheritdoc/>
    public IStreamEncoder CreateStreamEncoder(AnswerContext context) => new StreamEncoder(context);

    /// <inheritdoc/>
    public void EncodeError(CallError error, IBufferWriter<byte> output) => ErrorEncoder.Write(error, output);

    /// <inheritdoc/>
    public void EncodeStreamError(CallError error, IBufferWriter<byte> output) => ErrorEncoder.WriteEvent(error, output);

    /// <inheritdoc cref="IEgressDialect.LimitHeaders"/>
    public IReadOnlyList<LimitHeaders> LimitHeaders => Dialects.LimitHeaders.Common;

    /// <inheritdoc/>
    public ToolNameRule ToolNames => ToolNameRule.Word64;

    /// <inheritdoc/>
    public string? GetPath(CallOperation operation, EgressTarget target, bool stream) => operation switch
    {
        CallOperation.Chat => "/chat/completions",
        CallOperation.Completion => "/completions",
        CallOperation.Embedding => "/embeddings",
        CallOperation.Moderation => "/moderations",
        CallOperation.Rerank => "/rerank",
        CallOperation.ImageGeneration => "/images/generations",
        CallOperation.ImageEdit => "/images/edits",
        CallOperation.Speech => "/audio/speech",
        CallOperation.Transcription => "/audio/transcriptions",
        CallOperation.AudioTranslation => "/audio/translations",
        _ => null,
    };

    /// <inheritdoc/>
    public void EncodeRequest(CanonicalRequest request, EgressTarget target, LossReport losses, IBufferWriter<byte> output)
    {
        switch (request)
        {
            case CanonicalChatRequest chat:
                RequestEncoder.Encode(chat, target, losses, output);
                break;
            case CanonicalEmbeddingRequest embedding:
                EmbeddingEncoder.EncodeRequest(embedding, target, losses, output);
                break;
            case CanonicalRerankRequest rerank:
                RerankEncoder.EncodeRequest(rerank, target, losses, output);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(request), request, "Not a request this format has a shape for.");
        }
    }

    /// <inheritdoc/>
    public ForwardEdits? PlanForward(CallEnvelope envelope, ReadOnlySpan<byte> body, EgressTarget target) =>
        ForwardPlanner.Plan(envelope, body, target);

    /// <inheritdoc/>
    public CanonicalAnswer DecodeAnswer(CallOperation operation, ReadOnlyMemory<byte> body) => operation switch
    {
        CallOperation.Embedding => EmbeddingDecoder.DecodeAnswer(body.Span),
        CallOperation.Rerank => RerankDecoder.DecodeAnswer(body.Span),
        _ when CallOperations.IsForwardOnly(operation) => throw ForwardOnly(CallErrorKind.Internal, operation),
        _ => AnswerDecoder.Decode(operation, body.Span),
    };

    /// <inheritdoc/>
    public IStreamDecoder CreateStreamDecoder(CallOperation operation) => new StreamDecoder(operation);

    /// <inheritdoc/>
    public IAnswerProbe CreateProbe(CallOperation operation) => operation is CallOperation.ImageGeneration or CallOperation.ImageEdit
        or CallOperation.Speech or CallOperation.Transcription or CallOperation.AudioTranslation ? new MediaProbe()
        : new AnswerProbe(operation is CallOperation.Chat or CallOperation.Completion);

    /// <inheritdoc/>
    public CallError DecodeError(int status, ReadOnlySpan<byte> body, EgressTarget target) =>
        ErrorDecoder.Decode(status, body, target.Provider);

    private static CallException ForwardOnly(CallErrorKind kind, CallOperation operation) =>
        new(kind, $"A request for {CallOperations.Name(operation)} can only be sent to a provider that speaks this format itself.");
}
