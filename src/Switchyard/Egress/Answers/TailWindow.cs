using Switchyard.Dialects.Json;

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

    /// <summary>Whether the body may end here, if it is a JSON object: its last byte, except for white space, is a closing brace.</summary>
    public bool MayEndObject => _bytes.AsSpan(0, _length).TrimEnd(" \t\r\n"u8) is [] or [.., (byte)'}'];

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

    /// <summary>Finds the last occurrence of a key.</summary>
    /// <param name="key">The key, in its quotation marks.</param>
    /// <param name="neighbour">Another key; the tail begins with it if it precedes the first in the same object.</param>
    /// <param name="tail">What begins with the key.</param>
    public bool TryFind(ReadOnlySpan<byte> key, ReadOnlySpan<byte> neighbour, out ReadOnlySpan<byte> tail)
    {
        ReadOnlySpan<byte> window = _bytes.AsSpan(0, _length);
        var at = window.LastIndexOf(key);
        if (at < 0)
        {
            tail = default;
            return false;
        }

        var before = window[..at].LastIndexOf(neighbour);
        tail = window[(before >= 0 && AreMembers(window[before..at]) ? before : at)..];
        return true;
    }

    // Only whole members separate two members of one object; other bytes between them are not closed by one brace.
    private static bool AreMembers(ReadOnlySpan<byte> between) =>
        WireJson.TryParse([(byte)'{', .. between.TrimEnd(", \t\r\n"u8), (byte)'}'], out _, out _);
}
