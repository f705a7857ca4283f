using System.Buffers.Text;

namespace Switchyard.LoadTest.Load;

/// <summary>
/// Reads one HTTP/1.1 answer at a time from pieces of any size, only as far as needed for its status, its end, and the number of its
/// event-stream frames.
/// </summary>
internal sealed class ResponseParser
{
    private const int MaxHead = 16 * 1024;

    private readonly byte[] _head = new byte[MaxHead];
    private readonly ChunkedBody _chunked = new();
    private readonly FrameCounter _frames = new();
    private int _headLength;
    private long _left;
    private Part _part;

    private enum Part
    {
        Head,
        Sized,
        Chunked,
        Complete,
    }

    public int Status { get; private set; }

    /// <summary>Frames of the answer so far; 0 for one that is not an event stream.</summary>
    public int Frames => _frames.Count;

    public bool IsComplete => _part == Part.Complete;

    public void Reset()
    {
        _headLength = 0;
        _part = Part.Head;
        Status = 0;
        _frames.Reset();
        _chunked.Reset();
    }

    /// <summary>Takes the next bytes. Bytes after the end of the answer are a fault: nothing is pipelined here.</summary>
    public void Feed(ReadOnlySpan<byte> data)
    {
        if (_part == Part.Head)
        {
            data = FeedHead(data);
            if (_part == Part.Head) return;
        }

        data = _part == Part.Sized ? FeedSized(data) : _chunked.Feed(data, _frames);
        if (_part == Part.Sized && _left == 0 || _part == Part.Chunked && _chunked.IsComplete) _part = Part.Complete;
        if (!data.IsEmpty) throw new BadAnswerException("bytes after the end of an answer");
    }

    private ReadOnlySpan<byte> FeedHead(ReadOnlySpan<byte> data)
    {
        // The usual case: the whole head in one piece, with no bytes kept from before.
        var end = _headLength == 0 ? data.IndexOf("\r\n\r\n"u8) : -1;
        if (end >= 0)
        {
            ReadHead(data[..(end + 2)]);
            return data[(end + 4)..];
        }

        var take = Math.Min(data.Length, MaxHead - _headLength);
        data[..take].CopyTo(_head.AsSpan(_headLength));
        end = _head.AsSpan(0, _headLength + take).IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            _headLength += take;
            return _headLength < MaxHead ? [] : throw new BadAnswerException("an answer's head is too large");
        }

        ReadHead(_head.AsSpan(0, end + 2));
        return data[(end + 4 - _headLength)..];
    }

    private void ReadHead(ReadOnlySpan<byte> head)
    {
        if (!head.StartsWith("HTTP/1.1 "u8) || !Utf8Parser.TryParse(head[9..], out int status, out _))
            throw new BadAnswerException("not an HTTP/1.1 answer");
        Status = status;

        var chunked = false;
        _left = -1;
        for (var line = NextLine(ref head); !line.IsEmpty; line = NextLine(ref head))
        {
            if (HeaderLine.Is(line, "content-length:"u8)) _left = HeaderLine.Number(line, "content-length:"u8.Length);
            else if (HeaderLine.Is(line, "transfer-encoding:"u8)) chunked = true;
        }

        if (!chunked && _left < 0) throw new BadAnswerException("an answer without a length");
        _part = chunked ? Part.Chunked : Part.Sized;
    }

    private static ReadOnlySpan<byte> NextLine(ref ReadOnlySpan<byte> head)
    {
        var end = head.IndexOf("\r\n"u8);
        var line = end < 0 ? [] : head[..end];
        head = end < 0 ? [] : head[(end + 2)..];
        return line;
    }

    private ReadOnlySpan<byte> FeedSized(ReadOnlySpan<byte> data)
    {
        var take = (int)Math.Min(data.Length, _left);
        _left -= take;
        return data[take..];
    }
}

/// <summary>A subject's answer is not one that this load can count.</summary>
internal sealed class BadAnswerException(string message) : Exception(message);
