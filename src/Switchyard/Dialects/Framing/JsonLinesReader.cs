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
internal sealed class JsonLinesReader(int maxFrameBytes = SseFrameReader.DefaultMaxFrameBytes) : IFrameReader
{
    private ReadOnlyMemory<byte> _slice;
    private int _position;
    private long _sliceOffset;
    private byte[] _held = [];
    private int _heldLength;

    public long FrameStart { get; private set; }

    public long FrameEnd { get; private set; }

    public long ConsumedEnd { get; private set; }

    public void Feed(ReadOnlyMemory<byte> slice)
    {
        if (_position < _slice.Length)
            throw new InvalidOperationException("Read every frame of the slice before feeding the next one.");
        _sliceOffset += _slice.Length;
        _slice = slice;
        _position = 0;
    }

    public bool TryRead(out StreamFrame frame)
    {
        var slice = _slice.Span;
        while (slice[_position..].IndexOf((byte)'\n') is >= 0 and var length)
        {
            var line = slice.Slice(_position, length);
            var start = _sliceOffset + _position - _heldLength;
            _position += length + 1;
            if (_heldLength > 0)
            {
                Hold(line);
                line = _held.AsSpan(0, _heldLength);
                _heldLength = 0;
            }
            else if (line.Length > maxFrameBytes)
            {
                throw TooLong();
            }

            if (IsFrame(line, start, _sliceOffset + _position, out frame))
                return true;
        }

        Hold(slice[_position..]);
        _position = slice.Length;
        frame = default;
        return false;
    }

    public bool Finish(out StreamFrame frame)
    {
        var end = _sliceOffset + _slice.Length;
        var start = end - _heldLength;
        var line = _held.AsSpan(0, _heldLength);
        _heldLength = 0;
        return IsFrame(line, start, end, out frame);
    }

    private bool IsFrame(ReadOnlySpan<byte> line, long start, long end, out StreamFrame frame)
    {
        ConsumedEnd = end;
        if (start == 0 && line.StartsWith("\uFEFF"u8))
            line = line[3..];
        line = line.Trim(" \t\r"u8);
        frame = new StreamFrame(default, line);
        if (line.IsEmpty)
            return false;
        FrameStart = start;
        FrameEnd = end;
        return true;
    }

    private void Hold(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        var length = _heldLength + bytes.Length;
        if (length > maxFrameBytes)
            throw TooLong();
        if (_held.Length < length)
            Array.Resize(ref _held, Math.Max(Math.Max(1024, length), _held.Length * 2));
        bytes.CopyTo(_held.AsSpan(_heldLength));
        _heldLength = length;
    }

    private CallException TooLong() => new(
        CallErrorKind.UpstreamUnavailable, $"The provider sent a stream line longer than {maxFrameBytes:N0} bytes.");
}
