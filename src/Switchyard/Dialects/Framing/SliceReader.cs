namespace Switchyard.Dialects.Framing;

/// <summary>
/// What every reader of a framing does with slices cut anywhere: it counts the stream's bytes, and holds what a slice leaves unfinished
/// until the rest of it comes. A frame that lies inside one slice is read in place.
/// </summary>
internal abstract class SliceReader : IFrameReader
{
    private ReadOnlyMemory<byte> _slice;
    private byte[] _held = [];

    /// <inheritdoc/>
    public long FrameStart { get; protected set; }

    /// <inheritdoc/>
    public long FrameEnd { get; protected set; }

    /// <inheritdoc/>
    public virtual long ConsumedEnd { get; protected set; }

    /// <summary>The slice fed last.</summary>
    protected ReadOnlySpan<byte> Slice => _slice.Span;

    /// <summary>The reading position in the slice.</summary>
    protected int Position { get; set; }

    /// <summary>Where the slice begins in the stream.</summary>
    protected long SliceOffset { get; private set; }

    /// <summary>Where the slice ends in the stream.</summary>
    protected long SliceEnd => SliceOffset + _slice.Length;

    /// <summary>The beginning of a frame that earlier slices left unfinished.</summary>
    protected ReadOnlySpan<byte> Held => _held.AsSpan(0, HeldLength);

    /// <summary>The number of held bytes.</summary>
    protected int HeldLength { get; private set; }

    /// <inheritdoc/>
    public void Feed(ReadOnlyMemory<byte> slice)
    {
        if (Position < _slice.Length)
            throw new InvalidOperationException("Read every frame of the slice before feeding the next one.");
        SliceOffset += _slice.Length;
        _slice = slice;
        Position = 0;
    }

    /// <inheritdoc/>
    public abstract bool TryRead(out StreamFrame frame);

    /// <inheritdoc/>
    public abstract bool Finish(out StreamFrame frame);

    /// <summary>Adds to the held bytes.</summary>
    protected void Hold(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        var length = HeldLength + bytes.Length;
        if (_held.Length < length)
            Array.Resize(ref _held, Math.Max(Math.Max(1024, length), _held.Length * 2));
        bytes.CopyTo(_held.AsSpan(HeldLength));
        HeldLength = length;
    }

    /// <summary>Returns the held bytes and empties the buffer; they are valid until the next <see cref="Hold"/>.</summary>
    protected ReadOnlySpan<byte> Release()
    {
        var held = Held;
        HeldLength = 0;
        return held;
    }
}
