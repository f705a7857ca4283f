using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Framing;

namespace Switchyard.Dialects;

/// <summary>Reads one streamed answer, frame by frame. Not thread-safe; one decoder belongs to one stream.</summary>
public interface IStreamDecoder
{
    /// <summary>Whether the stream's own terminator has been read; what follows it is ignored.</summary>
    bool IsTerminated { get; }

    /// <summary>
    /// The usage reported so far, last value per field. The engine reads it whenever the stream ends, so that an abandoned answer is
    /// accounted for too. As content it is emitted once, at the end.
    /// </summary>
    TokenUsage Usage { get; }

    /// <summary>Whether the answer has ended and its tokens were counted only at its start, before there were any.</summary>
    internal bool IsCountedAtStart => false;

    /// <summary>Reads one frame.</summary>
    /// <param name="frame">The frame; its bytes are valid only during the call.</param>
    /// <param name="updates">Receives the updates the frame holds, in order; a frame may hold none.</param>
    /// <returns>The error that the frame reports, or the error that the frame cannot be read; null otherwise.</returns>
    CallError? Decode(StreamFrame frame, List<ChatResponseUpdate> updates);

    /// <summary>The upstream closed. Emits what was held back.</summary>
    /// <returns>An error when the stream ended before it was complete; null otherwise.</returns>
    CallError? Finish(List<ChatResponseUpdate> updates);
}
