using System.Buffers;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Targets;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// Gemini's <c>generateContent</c> and its relatives, as the developer API and Vertex AI speak them: chats, embeddings, token counts. The
/// address names the model and the method.
/// </summary>
/// <remarks>Stateless and thread-safe.</remarks>
internal sealed class GeminiDialect : IIngressDialect, IEgressDialect
{
    /// <inheritdoc cref="IEgressDialect.Id"/>
    public DialectId Id => DialectId.Gemini;

    AnswerModelPlace IIngressDialect.AnswerModel { get; } = new("modelVersion");

    /// <inheritdoc/>
    public string StreamContentTypeFor(AnswerContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.AnswerForm == AnswerForms.Array ? "application/json; charset=utf-8" : "text/event-stream; charset=utf-8";
    }

    /// <inheritdoc/>
    // Google's own clients parse each line of a stream of events that is not blank, comments too: they get only the headers early.
    public ReadOnlyMemory<byte> HeartbeatFor(AnswerContext context) =>
        context?.AnswerForm == "array" ? StreamHeartbeat.WhiteSpace : ReadOnlyMemory<byte>.Empty;

    /// <inheritdoc/>
    int? IEgressDialect.MostTexts(EgressTarget target) => target.Quirks.MaxEmbeddingInputs ?? EmbeddingEncoder.MaxTexts;

    /// <inheritdoc/>
    public IModelListEncoder? ModelList { get; } = new ModelListEncoder();

    /// <inheritdoc/>
    public CallEnvelope ReadEnvelope(IngressRequest request, ReadOnlySpan<byte> body) => EnvelopeReader.Read(request, body);

    /// <inheritdoc/>
    public CanonicalRequest DecodeRequest(CallEnvelope envelope, ReadOnlyMemory<byte> body) => envelope.Operation == CallOperation.Embedding
        ? EmbeddingDecoder.DecodeRequest(body.Span)
        : RequestDecoder.Decode(envelope, body.Span);

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
            case CanonicalTokenCount count:
                AnswerEncoder.EncodeCount(count, output);
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

    /// <inheritdoc/>
    // The address of a client of this format goes on as it came: a film at YouTube, which would be downloaded as a web page.
    public bool TakesAddress(UriContent file) =>
        KeptFields.RawOf(file.AdditionalProperties, DialectId.Gemini) is not null || PartEncoder.IsReadable(file.Uri.OriginalString);

    /// <inheritdoc/>
    public ToolNameRule ToolNames => ToolNameRule.Dotted128;

    /// <inheritdoc/>
    public string? GetPath(CallOperation operation, EgressTarget target, bool stream) => ModelPath.Of(operation, target.Model, stream);

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
        CallOperation.CountTokens => AnswerDecoder.DecodeCount(body.Span),
        _ => AnswerDecoder.Decode(body.Span),
    };

    /// <inheritdoc/>
    public IStreamDecoder CreateStreamDecoder(CallOperation operation) => new StreamDecoder();

    /// <inheritdoc/>
    public IAnswerProbe CreateProbe(CallOperation operation) =>
        new AnswerProbe(operation == CallOperation.Chat);

    /// <inheritdoc/>
    public CallError DecodeError(int status, ReadOnlySpan<byte> body, EgressTarget target) =>
        ErrorDecoder.Decode(status, body, target.Provider);
}
