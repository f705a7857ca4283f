using Switchyard.Calls;

namespace Switchyard.Dialects.Framing;

/// <summary>
/// Reads a stream of one JSON value a line (<c>application/x-ndjson</c>) from byte slices cut anywhere. A line is a frame; blank lines are
/// skipped, and the last line needs no line feed.
/// </summary>
/// <remarks>
/// A line that lies inside one slice is read in place; only what a slice leaves unfinished is copied. Not thread-safe; one reader
/// belongs to one stream.
/// </remarks>
/// <param name="maxFrameBytes">The longest line accepted.</param>
internal sealed class JsonLinesReader(int maxFrameBytes = SseFrameReader.DefaultMaxFrameBytes) : SliceReader
{
    public override bool TryRead(out StreamFrame frame)
    {
        var slice = Slice;
        while (slice[Position..].IndexOf((byte)'\n') is >= 0 and var length)
        {
            var line = slice.Slice(Position, length);
            var start = SliceOffset + Position - HeldLength;
            Position += length + 1;
            if (HeldLength > 0)
            {
                HoldLine(line);
                line = Release();
            }
            else if (line.Length > maxFrameBytes)
            {
                throw TooLong();
            }

            if (IsFrame(line, start, SliceOffset + Position, out frame))
                return true;
        }

        HoldLine(slice[Position..]);
        Position = slice.Length;
        frame = default;
        return false;
    }

    public override bool Finish(out StreamFrame frame)
    {
        var start = SliceEnd - HeldLength;
        return IsFrame(Release(), start, SliceEnd, out frame);
    }

    private bool IsFrame(ReadOnlySpan<byte> line, long start, long end, out StreamFrame frame)
    {
        ConsumedEnd = end;
        if (start == 0 && line.StartsWith("\uFEFF"u8))
        {
            line = line[3..];
            start = 3;
        }

        line = line.Trim(" \t\r"u8);
        frame = new StreamFrame(default, line);
        if (line.IsEmpty)
            return false;
        FrameStart = start;
        FrameEnd = end;
        return true;
    }

    private void HoldLine(ReadOnlySpan<byte> bytes)
    {
        if (HeldLength + bytes.Length > maxFrameBytes)
            throw TooLong();
        Hold(bytes);
    }

    private CallException TooLong() => new(
        CallErrorKind.UpstreamUnavailable, $"The provider sent a stream line longer than {maxFrameBytes:N0} bytes.");
}
