namespace Switchyard.Egress.Answers;

/// <summary>
/// The last 4 KiB of a body that is too long to buffer. Providers write the usage last, so it can be read there without holding megabytes
/// of vectors. Not thread-safe.
/// </summary>
internal sealed class TailWindow
{
    private const int Size = 4 * 1024;

    private byte[]? _bytes;
    private int _length;

    /// <summary>Adds the next bytes of the body.</summary>
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

    /// <summary>Finds the last occurrence of a key; the tail begins with the key.</summary>
    public bool TryFind(ReadOnlySpan<byte> key, out ReadOnlySpan<byte> tail)
    {
        var window = _bytes.AsSpan(0, _length);
        var at = window.LastIndexOf(key);
        tail = at < 0 ? default : window[at..];
        return at >= 0;
    }
}
