using System.Buffers;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Targets;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>
/// Anthropic messages: system text beside strictly alternating turns of typed blocks, named stream events, and token counts.
/// </summary>
/// <remarks>Stateless and thread-safe.</remarks>
internal sealed class AnthropicMessagesDialect : IIngressDialect, IEgressDialect
{
    /// <inheritdoc cref="IEgressDialect.Id"/>
    public DialectId Id => DialectId.AnthropicMessages;

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<string, string>> GetDefaultHeaders(CallEnvelope envelope) => FormatVersion.HeaderFor(envelope);

    /// <inheritdoc/>
    public IReadOnlyList<string> RequestHeaders { get; } =
        [AnthropicKeys.BetaHeader, FormatVersion.Header, AnthropicKeys.UserProfileHeader];

    /// <inheritdoc/>
    public string? RequestIdHeader => "request-id";

    bool IEgressDialect.MayAnswerNothing => true;

    AnswerModelPlace IIngressDialect.AnswerModel { get; } = new("model", StreamParent: "message");

    /// <inheritdoc/>
    public IModelListEncoder? ModelList { get; } = new ModelListEncoder();

    /// <inheritdoc/>
    public CallEnvelope ReadEnvelope(IngressRequest request, ReadOnlySpan<byte> body) =>
        FormatVersion.MoveOutOfHeaders(EnvelopeReader.Read(request, body));

    /// <inheritdoc/>
    public CanonicalRequest DecodeRequest(CallEnvelope envelope, ReadOnlyMemory<byte> body) =>
        RequestDecoder.Decode(envelope.Operation, body.Span);

    /// <inheritdoc/>
    public void EncodeAnswer(CanonicalAnswer answer, AnswerContext context, IBufferWriter<byte> output)
    {
        switch (answer)
        {
            case CanonicalChatAnswer chat:
                AnswerEncoder.Encode(chat.Response, context, output);
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
    public IReadOnlyList<KeyValuePair<string, string>> GetHeaders(CallEnvelope envelope, EgressTarget target, LossReport losses) =>
        BetaFlags.Carry(envelope, target, losses);

    /// <inheritdoc cref="IEgressDialect.LimitHeaders"/>
    public IReadOnlyList<LimitHeaders> LimitHeaders { get; } =
    [
        Named("requests"), Named("tokens"), Named("input-tokens"), Named("output-tokens"),
    ];

    /// <inheritdoc/>
    public ToolNameRule ToolNames => ToolNameRule.Word128;

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
    public IAnswerProbe CreateProbe(CallOperation operation) =>
        new AnswerProbe(operation == CallOperation.Chat);

    /// <inheritdoc/>
    public CallError DecodeError(int status, ReadOnlySpan<byte> body, EgressTarget target) =>
        ErrorDecoder.Decode(status, body, target.Provider);

    private static LimitHeaders Named(string what) => new()
    {
        Limit = $"anthropic-ratelimit-{what}-limit",
        Remaining = $"anthropic-ratelimit-{what}-remaining",
        Reset = $"anthropic-ratelimit-{what}-reset",
        ResetIsTime = true,
    };
}
