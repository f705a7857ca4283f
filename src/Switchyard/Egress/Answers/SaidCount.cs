namespace Switchyard.Egress.Answers;

/// <summary>
/// About how many characters a forwarded stream has said, for where its provider counts no tokens: the frames of one stream are alike but
/// for their text, so what a frame is longer than the shortest is text.
/// </summary>
internal struct SaidCount
{
    // The shortest frame has a text too: that of a token.
    private const int ShortestText = 4;

    private long _frames;
    private long _bytes;
    private int _shortest;

    /// <summary>About how many characters.</summary>
    public readonly long Characters => _bytes - (_frames * Math.Max(0, _shortest - ShortestText));

    /// <summary>Counts a frame with content.</summary>
    public void Add(int length)
    {
        _shortest = _frames++ == 0 ? length : Math.Min(_shortest, length);
        _bytes += length;
    }
}
