using System.Buffers;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Framing;
using Switchyard.Targets;

namespace Switchyard.Dialects;

/// <summary>
/// The provider's side of a wire format: writes requests, reads answers, streams and errors. Pure: bytes in, bytes or canonical out,
/// no I/O. Implementations are stateless and thread-safe.
/// </summary>
public interface IEgressDialect
{
    /// <summary>The wire format.</summary>
    DialectId Id { get; }

    /// <summary>The media type to accept if the answer is to be streamed.</summary>
    /// <value>The default is that of server-sent events.</value>
    string StreamMediaType => "text/event-stream";

    /// <summary>A reader for the framing of one streamed answer.</summary>
    /// <value>The default reads server-sent events.</value>
    IFrameReader CreateFrameReader() => new SseFrameReader();

    /// <summary>
    /// Headers every request of the format needs, unless the provider's data or the configuration sets them. The default needs none.
    /// </summary>
    IReadOnlyList<KeyValuePair<string, string>> GetDefaultHeaders(CallEnvelope envelope) => [];

    /// <summary>
    /// The headers that carry parts of the request itself: those of <see cref="CallEnvelope.Headers"/> this target takes, and those the
    /// format puts beside the body. The default takes none and reports every one the client sent.
    /// </summary>
    IReadOnlyList<KeyValuePair<string, string>> GetHeaders(CallEnvelope envelope, EgressTarget target, LossReport losses)
    {
        // Every forwarded request takes this path, and almost none has such headers.
        if (envelope.Headers.Count == 0)
            return [];
        foreach (var name in envelope.Headers.Keys)
            losses.Drop(name);
        return [];
    }

    /// <summary>
    /// Whether the target downloads a file from its web address. Where it does not, the engine downloads the file, if that is allowed,
    /// before the request is encoded.
    /// </summary>
    /// <value>The default is true.</value>
    bool TakesAddress(UriContent file) => true;

    /// <summary>The tool names the format accepts. Others are fitted before the request is encoded, and restored in the answer.</summary>
    /// <value>The default takes all.</value>
    ToolNameRule ToolNames => ToolNameRule.Any;

    /// <summary>The headers in which a provider reports its limits. The default has none.</summary>
    IReadOnlyList<LimitHeaders> LimitHeaders => [];

    /// <summary>
    /// The header in which an answer reports its request's token count, which its body may lack; null if the format has no such header.
    /// </summary>
    /// <value>The default is null.</value>
    internal string? InputTokensHeader => null;

    /// <summary>
    /// Whether providers of the format store their answers, which are then continued, or fetched when they are finished, by their ids.
    /// </summary>
    /// <value>The default is false.</value>
    internal bool StoresAnswers => false;

    /// <summary>
    /// How many texts the target embeds in one request; more are sent in several requests. Null if any number may be sent.
    /// </summary>
    /// <value>The default is that of the provider's data.</value>
    internal int? MostTexts(EgressTarget target) => target.Quirks.MaxEmbeddingInputs;

    /// <summary>
    /// Whether a stream that ends in order without content is an answer: Claude may end its turn so after a tool's result. Elsewhere it is
    /// a failure, after which another target is tried.
    /// </summary>
    /// <value>The default is false.</value>
    internal bool MayAnswerNothing => false;

    /// <summary>The path below the provider's base URL, with its leading slash; null if this dialect has no such operation.</summary>
    string? GetPath(CallOperation operation, EgressTarget target, bool stream);

    /// <summary>Writes the request's body for the target. Names every field it could not carry.</summary>
    /// <exception cref="CallException">The request cannot be expressed at all.</exception>
    void EncodeRequest(CanonicalRequest request, EgressTarget target, LossReport losses, IBufferWriter<byte> output);

    /// <summary>
    /// The edits with which the original bytes can be forwarded to the target; null if the request must be translated although both sides
    /// speak this dialect.
    /// </summary>
    ForwardEdits? PlanForward(CallEnvelope envelope, ReadOnlySpan<byte> body, EgressTarget target);

    /// <summary>Decodes a whole answer.</summary>
    /// <exception cref="CallException">The body is not an answer (<see cref="CallErrorKind.UpstreamUnavailable"/>).</exception>
    CanonicalAnswer DecodeAnswer(CallOperation operation, ReadOnlyMemory<byte> body);

    /// <summary>A decoder for one streamed answer.</summary>
    IStreamDecoder CreateStreamDecoder(CallOperation operation);

    /// <summary>A probe that reads usage beside a forwarded answer.</summary>
    IAnswerProbe CreateProbe(CallOperation operation);

    /// <summary>
    /// Reads an error answer. Decides message, code, type, param and kind from the body and status: 401 and 403 are
    /// <see cref="CallErrorKind.UpstreamAuthenticationFailed"/>, 429 <see cref="CallErrorKind.UpstreamRateLimited"/>, 408 and 5xx
    /// <see cref="CallErrorKind.UpstreamTimeout"/> or <see cref="CallErrorKind.UpstreamUnavailable"/>, any other 4xx
    /// <see cref="CallErrorKind.UpstreamRejected"/>. Never throws: a body that is not an error body yields a message that states it.
    /// </summary>
    CallError DecodeError(int status, ReadOnlySpan<byte> body, EgressTarget target);
}
