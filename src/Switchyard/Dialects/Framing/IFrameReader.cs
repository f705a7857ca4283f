using Switchyard.Calls;

namespace Switchyard.Dialects.Framing;

/// <summary>
/// Cuts a stream into frames from byte slices that end anywhere. Feed a slice, read frames until none is left, feed the next one;
/// after the last slice call <see cref="Finish"/>. Not thread-safe; one reader belongs to one stream.
/// </summary>
public interface IFrameReader
{
    /// <summary>Where the last frame read begins, behind a byte order mark, counted from the first byte ever fed.</summary>
    long FrameStart { get; }

    /// <summary>Where the last frame read ends, its separator included.</summary>
    long FrameEnd { get; }

    /// <summary>The end of what has been read or skipped: bytes before it will not be needed again.</summary>
    long ConsumedEnd { get; }

    /// <summary>Takes the next slice. It must stay unchanged until <see cref="TryRead"/> has returned false.</summary>
    /// <exception cref="InvalidOperationException">The slice before has not been read to its end.</exception>
    void Feed(ReadOnlyMemory<byte> slice);

    /// <summary>Reads the next frame.</summary>
    /// <param name="frame">The frame; its spans are valid until the next call.</param>
    /// <returns>False when the slice holds no further whole frame: it may then be reused.</returns>
    /// <exception cref="CallException">
    /// A frame is longer than allowed, or damaged (<see cref="CallErrorKind.UpstreamUnavailable"/>).
    /// </exception>
    bool TryRead(out StreamFrame frame);

    /// <summary>After the last slice: reads the frame that no separator ended, if there is one.</summary>
    /// <exception cref="CallException">The last frame of a length-prefixed framing is incomplete.</exception>
    bool Finish(out StreamFrame frame);
}
