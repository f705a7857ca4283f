namespace Switchyard.LoadTest.Load;

/// <summary>Removes the chunked transfer coding and passes the data to the frame counter.</summary>
internal sealed class ChunkedBody
{
    private Part _part;
    private long _left;

    private enum Part
    {
        Size,
        SizeRest,
        Data,
        DataEnd,
        Trailer,
        Complete,
    }

    public bool IsComplete => _part == Part.Complete;

    public void Reset()
    {
        _part = Part.Size;
        _left = 0;
    }

    /// <summary>Returns the bytes after the body's end.</summary>
    public ReadOnlySpan<byte> Feed(ReadOnlySpan<byte> data, FrameCounter frames)
    {
        while (!data.IsEmpty && _part != Part.Complete)
        {
            if (_part == Part.Data)
            {
                var take = (int)Math.Min(data.Length, _left);
                frames.Feed(data[..take]);
                data = data[take..];
                _left -= take;
                if (_left == 0) _part = Part.DataEnd;
            }
            else
            {
                Step(data[0]);
                data = data[1..];
            }
        }

        return data;
    }

    private void Step(byte next)
    {
        switch (_part)
        {
            case Part.Size when next == '\n':
            case Part.SizeRest when next == '\n':
                // The last chunk is empty; in the trailer, _left counts the bytes of the current line.
                _part = _left == 0 ? Part.Trailer : Part.Data;
                break;
            case Part.Size when next is (byte)'\r' or (byte)';':
                _part = Part.SizeRest;
                break;
            case Part.Size when char.IsAsciiHexDigit((char)next):
                _left = _left * 16 + HexValue(next);
                break;
            case Part.Size:
                throw new BadAnswerException("a chunk size that is no number");
            case Part.DataEnd when next == '\n':
                _part = Part.Size;
                break;
            case Part.Trailer when next == '\n':
                if (_left == 0) _part = Part.Complete;
                _left = 0;
                break;
            case Part.Trailer when next != '\r':
                _left++;
                break;
        }
    }

    private static int HexValue(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
