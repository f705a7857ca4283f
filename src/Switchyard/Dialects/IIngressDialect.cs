using System.Buffers;
using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Dialects;

/// <summary>
/// The client's side of a wire format: reads requests, writes answers, streams and errors. Pure: bytes in, bytes or canonical out,
/// no I/O. Implementations are stateless and thread-safe.
/// </summary>
public interface IIngressDialect : IRequestDecoder
{
    /// <summary>The headers that report limits to its clients: of requests, then of tokens. The default has the common ones.</summary>
    IReadOnlyList<LimitHeaders> LimitHeaders => Dialects.LimitHeaders.Common;

    /// <summary>The content type of a streamed answer.</summary>
    /// <value>The default is that of server-sent events.</value>
    string StreamContentType => "text/event-stream; charset=utf-8";

    /// <summary>The content type of one streamed answer, for formats that have more than one.</summary>
    /// <value>The default is <see cref="StreamContentType"/>.</value>
    string StreamContentTypeFor(AnswerContext context) => StreamContentType;

    /// <summary>
    /// A heartbeat before the first frame of a streamed answer, which clients of the format ignore; empty if some would not.
    /// </summary>
    /// <remarks>A comment without the blank line after it: some clients read that as an event without data.</remarks>
    /// <value>The default is a comment of server-sent events.</value>
    ReadOnlyMemory<byte> HeartbeatFor(AnswerContext context) => StreamHeartbeat.Comment;

    /// <summary>The request headers that are part of the format, lower case; the endpoint hands over those the client sent.</summary>
    /// <value>The default is none.</value>
    IReadOnlyList<string> RequestHeaders => [];

    /// <summary>The response header in which its clients look for the request's id, if that is not <c>x-request-id</c>.</summary>
    /// <value>The default is null: clients read <c>x-request-id</c>, or no header.</value>
    string? RequestIdHeader => null;

    /// <summary>The encoder for lists of models in the format's own shape; null for formats that have none.</summary>
    /// <value>The default is null: such a client is answered in OpenAI's shape.</value>
    IModelListEncoder? ModelList => null;

    /// <summary>Where an answer of the format names its model.</summary>
    /// <value>The default is the member <c>model</c> on the top level.</value>
    internal AnswerModelPlace AnswerModel => AnswerModelPlace.TopLevel;

    /// <summary>Reads the envelope in one pass.</summary>
    /// <param name="request">What the endpoint knows already.</param>
    /// <param name="body">The body.</param>
    /// <exception cref="CallException">
    /// The body is invalid JSON or UTF-8 or too deep, <c>model</c>, <c>stream</c> or the limit of the answer's tokens appears twice, or a
    /// required field is missing or of the wrong type.
    /// </exception>
    CallEnvelope ReadEnvelope(IngressRequest request, ReadOnlySpan<byte> body);

    /// <summary>Reads the envelope of a request that came as a form, from its fields.</summary>
    /// <param name="request">What the endpoint knows already.</param>
    /// <param name="fields">The plain fields read so far, in order; <c>model</c> and <c>stream</c> at most once each.</param>
    /// <exception cref="CallException">A required field is missing or of the wrong type. The default: this format has no forms.</exception>
    CallEnvelope ReadFormEnvelope(IngressRequest request, IReadOnlyList<KeyValuePair<string, string>> fields) =>
        throw new CallException(
            CallErrorKind.UnsupportedMediaType, "The body must be JSON. Send the header 'Content-Type: application/json'.");

    /// <summary>Writes a whole answer.</summary>
    void EncodeAnswer(CanonicalAnswer answer, AnswerContext context, IBufferWriter<byte> output);

    /// <summary>An encoder for one streamed answer, framing included.</summary>
    IStreamEncoder CreateStreamEncoder(AnswerContext context);

    /// <summary>Writes the body of an error answer.</summary>
    void EncodeError(CallError error, IBufferWriter<byte> output);

    /// <summary>
    /// Writes one in-protocol error event, framing and terminator included, into a stream that has already begun and was forwarded
    /// rather than encoded here.
    /// </summary>
    void EncodeStreamError(CallError error, IBufferWriter<byte> output);
}
