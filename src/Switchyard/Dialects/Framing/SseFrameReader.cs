using Switchyard.Calls;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Framing;

/// <summary>
/// Reads server-sent events from byte slices cut anywhere: inside a character, between CR and LF, in the middle of a frame. Feed a slice,
/// read frames until none is left, feed the next one; after the last slice call <see cref="Finish"/>.
/// </summary>
/// <remarks>
/// A comment in the same block of lines as a frame belongs to it; one in a separate block belongs to none. Where the blank line that ends
/// a frame is CR LF and the slice ends between the two, the LF falls outside the frame: it is read as one more blank line. An error in the
/// stream without <c>data:</c> is a frame, too (<see cref="StreamFrame.IsBare"/>). Not thread-safe; one reader belongs to one stream.
/// </remarks>
/// <param name="maxFrameBytes">The longest frame accepted.</param>
internal sealed class SseFrameReader(int maxFrameBytes = SseFrameReader.DefaultMaxFrameBytes) : SliceReader
{
    /// <summary>The longest frame accepted by default: 16 MiB, room for an image or a minute of audio in base64.</summary>
    public const int DefaultMaxFrameBytes = 16 * 1024 * 1024;

    private static ReadOnlySpan<byte> BareError => "error:"u8;

    private byte[] _joined = [];
    private bool _insideLine;
    private bool _lineFeedMayFollow;

    /// <summary>Reads the next frame; blocks of lines without a <c>data:</c> line are not frames and are skipped.</summary>
    /// <param name="frame">The frame; its spans are valid until the next call.</param>
    /// <returns>False when the slice holds no further whole frame: it may then be reused.</returns>
    /// <exception cref="CallException">A frame is longer than allowed.</exception>
    public override bool TryRead(out StreamFrame frame)
    {
        var slice = Slice;
        while (FindBlockEnd(slice, out var end))
        {
            var block = slice[Position..end];
            var start = SliceOffset + Position - HeldLength;
            if (HeldLength > 0)
            {
                HoldBlock(block);
                block = Release();
            }
            else if (block.Length > maxFrameBytes)
            {
                throw TooLong();
            }

            Position = end;
            ConsumedEnd = SliceOffset + end;
            start += MarkOf(ref block, start);
            if (TryParse(block, out frame))
            {
                FrameStart = start;
                FrameEnd = SliceOffset + end;
                return true;
            }
        }

        HoldBlock(slice[Position..]);
        Position = slice.Length;
        frame = default;
        return false;
    }

    /// <summary>After the last slice: reads the frame that no blank line ended, if there is one.</summary>
    public override bool Finish(out StreamFrame frame)
    {
        var start = SliceEnd - HeldLength;
        var block = Release();
        _insideLine = false;
        start += MarkOf(ref block, start);
        if (!TryParse(block, out frame))
            return false;
        FrameStart = start;
        FrameEnd = SliceEnd;
        return true;
    }

    /// <summary>
    /// Finds the end of the block of lines that begins in the held bytes, or else at the position; skips blank lines before it.
    /// </summary>
    private bool FindBlockEnd(ReadOnlySpan<byte> slice, out int end)
    {
        var at = Position;
        if (_lineFeedMayFollow && at < slice.Length)
        {
            _lineFeedMayFollow = false;
            if (slice[at] == (byte)'\n')
            {
                at++;
                if (HeldLength == 0)
                    Position = at;
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
            var first = blank && at == Position && HeldLength == 0;
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
                Position = at;
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

    /// <summary>Takes the byte order mark off the first block of the stream, and returns its length.</summary>
    private static int MarkOf(ref ReadOnlySpan<byte> block, long start)
    {
        if (start > 0 || !block.StartsWith("\uFEFF"u8))
            return 0;
        block = block[3..];
        return 3;
    }

    private bool TryParse(ReadOnlySpan<byte> block, out StreamFrame frame)
    {
        var whole = block;
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

        frame = dataLines == 0 && IsBare(whole) ? Bare(whole) : new StreamFrame(name, data);
        return dataLines > 0 || !frame.Data.IsEmpty;
    }

    /// <summary>
    /// Whether a block of lines has a meaning although it is not an event: JSON by itself, as Gemini and some proxies write an error into a
    /// stream that is open already, or an object behind <c>error:</c>, as older llama.cpp does. A client's reader of events skips it.
    /// </summary>
    private static bool IsBare(ReadOnlySpan<byte> block) =>
        block is [(byte)'{', ..] || (block.StartsWith(BareError) && block[BareError.Length..].TrimStart((byte)' ') is [(byte)'{', ..]);

    /// <summary>The frame of a bare block; an empty one if it is not JSON.</summary>
    private static StreamFrame Bare(ReadOnlySpan<byte> block)
    {
        var isError = block[0] != (byte)'{';
        var json = isError ? block[BareError.Length..] : block;
        return WireJson.TryParse(json, out _, out _) ? new StreamFrame(isError ? "error"u8 : default, json) { IsBare = true } : default;
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

    private void HoldBlock(ReadOnlySpan<byte> bytes)
    {
        if (HeldLength + bytes.Length > maxFrameBytes)
            throw TooLong();
        Hold(bytes);
    }

    private CallException TooLong() => new(
        CallErrorKind.UpstreamUnavailable, $"The provider sent a stream event longer than {maxFrameBytes:N0} bytes.");
}
