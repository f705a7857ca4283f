using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Framing;

namespace Switchyard.Dialects;

/// <summary>
/// Reads usage, errors and the end of an answer whose bytes are forwarded unchanged. Not thread-safe; one probe belongs to one answer.
/// </summary>
public interface IAnswerProbe
{
    /// <summary>The usage seen so far; last value wins, field by field.</summary>
    TokenUsage Usage { get; }

    /// <summary>The id by which the provider keeps the answer for requests that continue from it; null if it keeps none.</summary>
    /// <value>The default is null: most formats have no such id.</value>
    string? KeptId => null;

    /// <summary>The service tier that the answer reports; null if it names none.</summary>
    internal string? ServiceTier => null;

    /// <summary>Whether the answer has ended and its tokens were counted only at its start, before there were any.</summary>
    internal bool IsCountedAtStart => false;

    /// <summary>
    /// Whether the provider goes on with the answer after what was read of it: it makes the answer in the background, and its end was not
    /// seen.
    /// </summary>
    internal bool IsUnfinished => false;

    /// <summary>Whether the answer was marked complete, by a finish reason or the terminator.</summary>
    bool SawEnd { get; }

    /// <summary>Classifies one frame of a streamed answer and takes its usage.</summary>
    FrameKind Observe(StreamFrame frame);

    /// <summary>
    /// Whether the data of a frame is the format's terminator. Called only for the last frame of a stream, if no separator ended it and it
    /// is not JSON: the bytes of an incomplete frame are not forwarded.
    /// </summary>
    /// <value>The default is false: most formats end with JSON.</value>
    bool IsTerminator(ReadOnlySpan<byte> data) => false;

    /// <summary>
    /// The error of the last frame that was <see cref="FrameKind.Error"/> or <see cref="FrameKind.Failure"/>; null if there was none.
    /// </summary>
    CallError? Error { get; }

    /// <summary>
    /// Whether an answer that has ended is empty: no text, refusal, call or reasoning, although nothing cut it off. Read after a whole
    /// body, and at the end of a stream.
    /// </summary>
    bool IsEmpty { get; }

    /// <summary>The provider's own word for why an empty answer ended; null if it has none beyond the usual ones.</summary>
    internal string? EmptyReason => null;

    /// <summary>
    /// Takes the usage of a whole (not streamed) answer. A body that is not JSON leaves the usage unknown. For an answer too long to be
    /// kept, the caller passes the beginning and later the end; a beginning is read up to where it breaks off.
    /// </summary>
    /// <returns>False when the body is not an answer of this dialect at all: not a JSON object.</returns>
    bool ObserveBody(ReadOnlySpan<byte> body);

    /// <summary>
    /// The name, in its quotation marks, of the member that holds the usage of a whole answer. In an answer too long to be kept, the end is
    /// searched for it as well.
    /// </summary>
    /// <value>The default is <c>"usage"</c>.</value>
    internal ReadOnlySpan<byte> UsageMember => "\"usage\""u8;
}

/// <summary>What a frame of a stream is, as far as the engine needs to know.</summary>
public enum FrameKind
{
    /// <summary>Carries no content yet: a role, a ping, metadata.</summary>
    Other,

    /// <summary>Carries content, a tool call, reasoning, or the reason why these are missing: a filter, a limit.</summary>
    Content,

    /// <summary>Carries usage and nothing else.</summary>
    UsageOnly,

    /// <summary>The stream's terminator.</summary>
    Terminator,

    /// <summary>Reports an error; see <see cref="IAnswerProbe.Error"/>.</summary>
    Error,

    /// <summary>
    /// Reports that the answer failed, in a form that the format's clients do not treat as an error. It is not passed on: an error event
    /// replaces it and ends the stream. See <see cref="IAnswerProbe.Error"/>.
    /// </summary>
    Failure,
}
