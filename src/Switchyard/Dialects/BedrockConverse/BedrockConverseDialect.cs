using System.Buffers;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Framing;
using Switchyard.Dialects.Shared;
using Switchyard.Targets;

namespace Switchyard.Dialects.BedrockConverse;

/// <summary>
/// AWS Bedrock Converse, the provider's side: chats and counts of their tokens in one format for all models there, embeddings in each
/// model's own.
/// </summary>
/// <remarks>Stateless and thread-safe.</remarks>
internal sealed class BedrockConverseDialect : IEgressDialect
{
    /// <inheritdoc/>
    public DialectId Id => DialectId.BedrockConverse;

    /// <inheritdoc/>
    public string StreamMediaType => "application/vnd.amazon.eventstream";

    /// <inheritdoc/>
    public IFrameReader CreateFrameReader() => new EventStreamReader();

    /// <inheritdoc/>
    public bool TakesAddress(UriContent file) => false;

    /// <inheritdoc/>
    public ToolNameRule ToolNames => ToolNameRule.Word64;

    /// <inheritdoc/>
    /// <remarks>The body of Titan's embeddings has the count too, that of Cohere's has none.</remarks>
    string? IEgressDialect.InputTokensHeader => "x-amzn-bedrock-input-token-count";

    /// <inheritdoc/>
    int? IEgressDialect.MostTexts(EgressTarget target) => target.Quirks.MaxEmbeddingInputs ?? EmbeddingEncoder.MostTexts(target.Model);

    /// <inheritdoc/>
    /// <remarks>The model's id, which may be an ARN, is one segment: its colons and slashes are percent-encoded.</remarks>
    public string? GetPath(CallOperation operation, EgressTarget target, bool stream)
    {
        ArgumentNullException.ThrowIfNull(target);
        return operation switch
        {
            CallOperation.Chat or CallOperation.Completion => Path(target, stream ? "converse-stream" : "converse"),
            CallOperation.CountTokens => Path(target, "count-tokens"),
            CallOperation.Embedding => Path(target, "invoke"),
            _ => null,
        };
    }

    /// <inheritdoc/>
    public void EncodeRequest(CanonicalRequest request, EgressTarget target, LossReport losses, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(losses);
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
    /// <remarks>Null: there is no client's side to forward from.</remarks>
    public ForwardEdits? PlanForward(CallEnvelope envelope, ReadOnlySpan<byte> body, EgressTarget target) => null;

    /// <inheritdoc/>
    public CanonicalAnswer DecodeAnswer(CallOperation operation, ReadOnlyMemory<byte> body) => operation switch
    {
        CallOperation.Embedding => EmbeddingDecoder.Decode(body.Span),
        CallOperation.CountTokens => AnswerDecoder.DecodeCount(body.Span),
        _ => AnswerDecoder.Decode(body.Span),
    };

    /// <inheritdoc/>
    public IStreamDecoder CreateStreamDecoder(CallOperation operation) => new StreamDecoder();

    /// <inheritdoc/>
    public IAnswerProbe CreateProbe(CallOperation operation) =>
        new DecodingProbe(new StreamDecoder(), body => DecodeAnswer(operation, body));

    /// <inheritdoc/>
    public CallError DecodeError(int status, ReadOnlySpan<byte> body, EgressTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        return ErrorDecoder.Decode(status, body, target.Provider);
    }

    private static string Path(EgressTarget target, string verb) => $"/model/{Uri.EscapeDataString(target.Model)}/{verb}";
}
