using System.Buffers;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;
using Switchyard.Targets;

namespace Switchyard.Dialects.Cohere;

/// <summary>Cohere's API, version 2: <c>/chat</c>, <c>/embed</c>, <c>/rerank</c>. The provider's side only.</summary>
/// <remarks>Stateless and thread-safe.</remarks>
internal sealed class CohereDialect : IEgressDialect
{
    /// <inheritdoc/>
    public DialectId Id => DialectId.Cohere;

    /// <inheritdoc/>
    int? IEgressDialect.MostTexts(EgressTarget target) => target.Quirks.MaxEmbeddingInputs ?? EmbeddingEncoder.MaxTexts;

    /// <inheritdoc/>
    public string? GetPath(CallOperation operation, EgressTarget target, bool stream) => operation switch
    {
        CallOperation.Chat => "/chat",
        CallOperation.Embedding => "/embed",
        CallOperation.Rerank => "/rerank",
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
                EmbeddingEncoder.Encode(embedding, target, losses, output);
                break;
            case CanonicalRerankRequest rerank:
                RerankEncoder.Encode(rerank, target, losses, output);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(request), request, "Not a request this format has a shape for.");
        }
    }

    /// <inheritdoc/>
    public ForwardEdits? PlanForward(CallEnvelope envelope, ReadOnlySpan<byte> body, EgressTarget target) => null;

    /// <inheritdoc/>
    public CanonicalAnswer DecodeAnswer(CallOperation operation, ReadOnlyMemory<byte> body) => operation switch
    {
        CallOperation.Embedding => EmbeddingDecoder.Decode(body.Span),
        CallOperation.Rerank => RerankDecoder.Decode(body.Span),
        _ => AnswerDecoder.Decode(body.Span),
    };

    /// <inheritdoc/>
    public IStreamDecoder CreateStreamDecoder(CallOperation operation) => new StreamDecoder();

    /// <inheritdoc/>
    public IAnswerProbe CreateProbe(CallOperation operation) =>
        new DecodingProbe(new StreamDecoder(), body => DecodeAnswer(operation, body));

    /// <inheritdoc/>
    public CallError DecodeError(int status, ReadOnlySpan<byte> body, EgressTarget target) =>
        ErrorDecoder.Decode(status, body, target.Provider);
}
