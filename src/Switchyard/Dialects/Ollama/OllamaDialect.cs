using System.Buffers;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.Shared;
using Switchyard.Targets;

namespace Switchyard.Dialects.Ollama;

/// <summary>
/// Ollama's native API, below <c>…/api</c>: <c>/chat</c>, <c>/generate</c> for legacy completions, <c>/embed</c>. The provider's side only.
/// </summary>
/// <remarks>Stateless and thread-safe.</remarks>
internal sealed class OllamaDialect : IEgressDialect
{
    /// <inheritdoc/>
    public DialectId Id => DialectId.Ollama;

    /// <inheritdoc/>
    public string StreamMediaType => "application/x-ndjson";

    /// <inheritdoc/>
    public IFrameReader CreateFrameReader() => new JsonLinesReader();

    /// <inheritdoc/>
    public bool TakesAddress(UriContent file) => false;

    /// <inheritdoc/>
    public string? GetPath(CallOperation operation, EgressTarget target, bool stream) => operation switch
    {
        CallOperation.Chat => "/chat",
        CallOperation.Completion => "/generate",
        CallOperation.Embedding => "/embed",
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
            default:
                throw new ArgumentOutOfRangeException(nameof(request), request, "Not a request this format has a shape for.");
        }
    }

    /// <inheritdoc/>
    public ForwardEdits? PlanForward(CallEnvelope envelope, ReadOnlySpan<byte> body, EgressTarget target) => null;

    /// <inheritdoc/>
    public CanonicalAnswer DecodeAnswer(CallOperation operation, ReadOnlyMemory<byte> body) =>
        operation == CallOperation.Embedding ? EmbeddingDecoder.Decode(body.Span) : AnswerDecoder.Decode(body.Span);

    /// <inheritdoc/>
    public IStreamDecoder CreateStreamDecoder(CallOperation operation) => new StreamDecoder();

    /// <inheritdoc/>
    public IAnswerProbe CreateProbe(CallOperation operation) =>
        new DecodingProbe(new StreamDecoder(), body => DecodeAnswer(operation, body));

    /// <inheritdoc/>
    public CallError DecodeError(int status, ReadOnlySpan<byte> body, EgressTarget target) =>
        ErrorDecoder.Decode(status, body, target.Provider);
}
