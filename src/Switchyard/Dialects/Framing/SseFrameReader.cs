using Switchyard.Calls;

namespace Switchyard.Dialects.Framing;

/// <summary>
/// Reads server-sent events from byte slices cut anywhere: inside a character, between CR and LF, in the middle of a frame. Feed a
/// slice, read frames until there is none left, feed the next one; after the last slice call <see cref="Finish"/>.
/// </summary>
/// <remarks>
/// A frame that lies inside one slice is read in place; only what a slice leaves unfinished is copied. Not thread-safe; one reader
/// belongs to one stream.
/// </remarks>
/// <param name="maxFrameBytes">The longest frame accepted.</param>
internal sealed class SseFrameReader(int maxFrameBytes = SseFrameReader.DefaultMaxFrameBytes) : IFrameReader
{
    /// <summary>The longest frame accepted by default: 16 MiB, room for an image or a minute of audio in base64.</summary>
    public const int DefaultMaxFrameBytes = 16 * 1024 * 1024;

    private ReadOnlyMemory<byte> _slice;
    private int _position;
    private long _sliceOffset;
    private byte[] _held = [];
    private int _heldLength;
    private byte[] _joined = [];
    private bool _insideLine;
    private bool _lineFeedMayFollow;

    /// <summary>
    /// Where the last frame read begins, counted from the first byte ever fed. A comment in the same block of lines belongs to its
    /// frame; a comment in a block of its own belongs to none.
    /// </summary>
    public long FrameStart { get; private set; }

    /// <summary>
    /// Where the last frame read ends, its blank line included. Only when the blank line is CR LF and the slice ends between the two does
    /// the LF fall outside; it is then read as one more blank line, which has no meaning.
    /// </summary>
    public long FrameEnd { get; private set; }

    /// <summary>The end of the last whole block of lines, a frame or only comments: bytes before it will not be needed again.</summary>
    public long ConsumedEnd { get; private set; }

    /// <summary>Takes the next slice. It must stay unchanged until <see cref="TryRead"/> has returned false.</summary>
    /// <exception cref="InvalidOperationException">The slice before has not been read to its end.</exception>
    public void Feed(ReadOnlyMemory<byte> slice)
    {
        if (_position < _slice.Length)
            throw new InvalidOperationException("Read every frame of the slice before feeding the next one.");
        _sliceOffset += _slice.Length;
        _slice = slice;
        _position = 0;
    }

    /// <summary>Reads the next frame; blocks of lines without a <c>data:</c> line are no frames and are skipped.</summary>
    /// <param name="frame">The frame; its spans are valid until the next call.</param>
    /// <returns>False when the slice holds no further whole frame: it may then be reused.</returns>
    /// <exception cref="CallException">A frame is longer than allowed.</exception>
    public bool TryRead(out StreamFrame frame)
    {
        var slice = _slice.Span;
        while (FindBlockEnd(slice, out var end))
        {
            var block = slice[_position..end];
            var start = _sliceOffset + _position - _heldLength;
            if (_heldLength > 0)
            {
                Hold(block);
                block = _held.AsSpan(0, _heldLength);
                _heldLength = 0;
            }
            else if (block.Length > maxFrameBytes)
            {
                throw TooLong();
            }

            _position = end;
            ConsumedEnd = _sliceOffset + end;
            if (TryParse(block, start, out frame))
            {
                FrameStart = start;
                FrameEnd = _sliceOffset + end;
                return true;
            }
        }

        Hold(slice[_position..]);
        _position = slice.Length;
        frame = default;
        return false;
    }

    /// <summary>After the last slice: reads the frame that no blank line ended, if there is one.</summary>
    public bool Finish(out StreamFrame frame)
    {
        var block = _held.AsSpan(0, _heldLength);
        var end = _sliceOffset + _slice.Length;
        var start = end - _heldLength;
        _heldLength = 0;
        _insideLine = false;
        if (!TryParse(block, start, out frame))
            return false;
        FrameStart = start;
        FrameEnd = end;
        return true;
    }

    /// <summary>
    /// Finds the end of the block of lines that begins in the held bytes, or else at the position; skips blank lines before it.
    /// </summary>
    private bool FindBlockEnd(ReadOnlySpan<byte> slice, out int end)
    {
        var at = _position;
        if (_lineFeedMayFollow && at < slice.Length)
        {
            _lineFeedMayFollow = false;
            if (slice[at] == (byte)'\n')
            {
                at++;
                if (_heldLength == 0)
                    _position = at;
            }
        }

        while (at < slice.Length)
        {
            var lineEnd = slice[at..].IndexOfAny((byte)'\n', (byte)'\r');
            if (lineEnd < 0)
            {
                _insideLine = true;
                break;
            }

            var blank = lineEnd == 0 && !_insideLine;
            var first = blank && at == _position && _heldLength == 0;
            at += lineEnd;
            if (slice[at++] == (byte)'\r')
            {
                if (at == slice.Length)
                    _lineFeedMayFollow = true;
                else if (slice[at] == (byte)'\n')
                    at++;
            }

            _insideLine = false;
            if (first)
            {
                _position = at;
            }
            else if (blank)
            {
                end = at;
                return true;
            }
        }

        end = 0;
        return false;
    }

    private bool TryParse(ReadOnlySpan<byte> block, long start, out StreamFrame frame)
    {
        if (start == 0 && block.StartsWith("\uFEFF"u8))
            block = block[3..];
        ReadOnlySpan<byte> name = default;
        ReadOnlySpan<byte> data = default;
        var dataLines = 0;
        while (!block.IsEmpty)
        {
            var line = TakeLine(ref block);
            if (line.StartsWith("data"u8) && TryGetValue(line[4..], out var value))
                data = dataLines++ == 0 ? value : Join(data, value);
            else if (line.StartsWith("event"u8) && TryGetValue(line[5..], out value))
                name = value;
        }

        frame = new StreamFrame(name, data);
        return dataLines > 0;
    }

    private static ReadOnlySpan<byte> TakeLine(scoped ref ReadOnlySpan<byte> block)
    {
        var end = block.IndexOfAny((byte)'\n', (byte)'\r');
        var line = end < 0 ? block : block[..end];
        var next = end < 0 ? block.Length : end + 1;
        if (next < block.Length && block[end] == (byte)'\r' && block[next] == (byte)'\n')
            next++;
        block = block[next..];
        return line;
    }

    /// <summary>Reads what follows a field's name: nothing, or a colon, one optional space, and the value.</summary>
    private static bool TryGetValue(ReadOnlySpan<byte> afterName, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (afterName.IsEmpty)
            return true;
        if (afterName[0] != (byte)':')
            return false;
        value = afterName[1..];
        if (!value.IsEmpty && value[0] == (byte)' ')
            value = value[1..];
        return true;
    }

    private ReadOnlySpan<byte> Join(ReadOnlySpan<byte> data, ReadOnlySpan<byte> line)
    {
        var length = data.Length + 1 + line.Length;
        var joinedBefore = data.Overlaps(_joined);
        if (_joined.Length < length)
            Array.Resize(ref _joined, Math.Max(length, _joined.Length * 2));
        if (!joinedBefore)
            data.CopyTo(_joined);
        _joined[data.Length] = (byte)'\n';
        line.CopyTo(_joined.AsSpan(data.Length + 1));
        return _joined.AsSpan(0, length);
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
        CallErrorKind.UpstreamUnavailable, $"The provider sent a stream event longer than {maxFrameBytes:N0} bytes.");
}
