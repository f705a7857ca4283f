namespace Switchyard.Egress.Answers;

/// <summary>
/// Remembers the end of a body that is too long to keep: providers write the usage last, so it can be read there without holding
/// megabytes of vectors.
/// </summary>
internal sealed class TailWindow
{
    private const int Size = 4 * 1024;

    private byte[]? _bytes;
    private int _length;

    /// <summary>Takes note of the next bytes.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        _bytes ??= new byte[Size];
        if (bytes.Length >= Size)
        {
            bytes[^Size..].CopyTo(_bytes);
            _length = Size;
            return;
        }

        var kept = Math.Min(_length, Size - bytes.Length);
        _bytes.AsSpan(_length - kept, kept).CopyTo(_bytes);
        bytes.CopyTo(_bytes.AsSpan(kept));
        _length = kept + bytes.Length;
    }

    /// <summary>What follows the last occurrence of a key, the key included.</summary>
    public bool TryFind(ReadOnlySpan<byte> key, out ReadOnlySpan<byte> tail)
    {
        var remembered = _bytes.AsSpan(0, _length);
        var at = remembered.LastIndexOf(key);
        tail = at < 0 ? default : remembered[at..];
        return at >= 0;
    }
}
