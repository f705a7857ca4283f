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

    /// <summary>The id by which the provider keeps the answer for requests that go on from it; null where it keeps none.</summary>
    /// <value>The default is null: most formats have no such id.</value>
    string? KeptId => null;

    /// <summary>The service tier in which the answer says that it was made; null where it names none.</summary>
    internal string? ServiceTier => null;

    /// <summary>Whether the answer has said that it is complete: a finish reason or the terminator.</summary>
    bool SawEnd { get; }

    /// <summary>Classifies one frame of a streamed answer and takes its usage.</summary>
    FrameKind Observe(StreamFrame frame);

    /// <summary>
    /// The error of the last frame that was <see cref="FrameKind.Error"/> or <see cref="FrameKind.Failure"/>; null when there was none.
    /// </summary>
    CallError? Error { get; }

    /// <summary>
    /// Whether an answer that has ended says nothing: no text, refusal, call or reasoning, although nothing cut it off. Asked of a whole
    /// body, and of a stream at its end.
    /// </summary>
    bool IsEmpty { get; }

    /// <summary>
    /// Takes the usage of a whole (not streamed) answer. A body that is not JSON leaves the usage unknown. Of an answer too long to be kept
    /// its beginning is given, and later what stands at its end; a beginning may be taken for what it says before it breaks off.
    /// </summary>
    /// <returns>False when the body is not an answer of this dialect at all: not a JSON object.</returns>
    bool ObserveBody(ReadOnlySpan<byte> body);

    /// <summary>
    /// The name, in its quotation marks, of the member that holds the usage of a whole answer. Of an answer too long to be kept it is
    /// looked for at the end as well.
    /// </summary>
    /// <value>The default is <c>"usage"</c>.</value>
    internal ReadOnlySpan<byte> UsageMember => "\"usage\""u8;
}

/// <summary>What a frame of a stream is, as far as the engine needs to know.</summary>
public enum FrameKind
{
    /// <summary>Carries no content yet: a role, a ping, metadata.</summary>
    Other,

    /// <summary>Carries content, a tool call, reasoning, or the reason why there is none: a filter, a limit.</summary>
    Content,

    /// <summary>Carries usage and nothing else.</summary>
    UsageOnly,

    /// <summary>The stream's terminator.</summary>
    Terminator,

    /// <summary>Reports an error; see <see cref="IAnswerProbe.Error"/>.</summary>
    Error,

    /// <summary>
    /// Says that the answer failed in a way the format's clients do not take for an error. It is not passed on: an error event takes its
    /// place, and ends the stream. See <see cref="IAnswerProbe.Error"/>.
    /// </summary>
    Failure,
}
