namespace Switchyard.LoadTest.Load;

/// <summary>Counts the empty lines that end event-stream frames, also where one is split over two reads.</summary>
internal sealed class FrameCounter
{
    private bool _endsInLineFeed;

    public int Count { get; private set; }

    public void Reset()
    {
        Count = 0;
        _endsInLineFeed = false;
    }

    public void Feed(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty) return;
        if (_endsInLineFeed && data[0] == '\n')
        {
            Count++;
            data = data[1..];
            _endsInLineFeed = false;
            if (data.IsEmpty) return;
        }

        Count += data.Count("\n\n"u8);
        _endsInLineFeed = data[^1] == '\n' && !data.EndsWith("\n\n"u8);
    }
}
