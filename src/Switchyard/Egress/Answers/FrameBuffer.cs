using System.Buffers;

namespace Switchyard.Egress.Answers;

/// <summary>
/// The buffer of a forwarded stream: filled at the end, returned from the front up to the last whole frame, without hidden frames.
/// Positions in its methods are offsets in the stream, counted from the first byte. Not thread-safe.
/// </summary>
internal sealed class FrameBuffer : IDisposable
{
    /// <summary>The number of bytes of a byte order mark in UTF-8.</summary>
    public const int MarkLength = 3;

    private const int InitialSize = 8 * 1024;
    private const int MinimumSpace = 2 * 1024;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(InitialSize);
    private long _origin;     // the stream offset of _bytes[0]
    private int _taken;       // returned up to here
    private int _passed;      // may be returned up to here
    private int _filled;      // read up to here
    private List<(int Start, int End)>? _hidden;

    /// <summary>The number of bytes not yet returned.</summary>
    public int Length => _filled - _taken;

    /// <summary>The free space to read into. Invalidates the memory that <see cref="Take"/> returned before.</summary>
    public Memory<byte> GetSpace()
    {
        if (_taken == _filled)
        {
            _origin += _taken;
            (_taken, _passed, _filled) = (0, 0, 0);
        }
        else if (_bytes.Length - _filled < MinimumSpace)
        {
            MakeRoom();
        }

        return _bytes.AsMemory(_filled);
    }

    /// <summary>Adds the bytes read into <see cref="GetSpace"/>, and returns them.</summary>
    public ReadOnlyMemory<byte> Advance(int count)
    {
        var read = _bytes.AsMemory(_filled, count);
        _filled += count;
        return read;
    }

    /// <summary>Allows everything up to a stream offset to be returned.</summary>
    public void Pass(long offset) => _passed = (int)(offset - _origin);

    /// <summary>Allows everything read to be returned.</summary>
    public void PassAll() => _passed = _filled;

    /// <summary>Excludes a frame from the returned bytes.</summary>
    public void Hide(long start, long end) => (_hidden ??= []).Add(((int)(start - _origin), (int)(end - _origin)));

    /// <summary>Excludes a byte order mark at the beginning of the stream, if nothing has been returned.</summary>
    public void HideMark()
    {
        if (_origin == 0 && _taken == 0 && _bytes.AsSpan(0, _filled).StartsWith("\uFEFF"u8))
            Hide(0, MarkLength);
    }

    /// <summary>The bytes between two stream offsets that have not been returned.</summary>
    public ReadOnlySpan<byte> Between(long start, long end) => _bytes.AsSpan((int)(start - _origin), (int)(end - start));

    /// <summary>Returns the next bytes; empty when more must be read first.</summary>
    public ReadOnlyMemory<byte> Take()
    {
        while (_taken < _passed)
        {
            var end = _passed;
            var next = _passed;
            if (_hidden is { Count: > 0 })
            {
                (end, next) = _hidden[0];
                _hidden.RemoveAt(0);
            }

            var bytes = _bytes.AsMemory(_taken, end - _taken);
            _taken = next;
            if (!bytes.IsEmpty)
                return bytes;
        }

        return default;
    }

    public void Dispose() => RentedBuffer.Return(ref _bytes);

    private void MakeRoom()
    {
        var waiting = _bytes.AsSpan(_taken, _filled - _taken);
        var target = _bytes.Length - waiting.Length >= MinimumSpace ? _bytes : ArrayPool<byte>.Shared.Rent(_bytes.Length * 2);
        waiting.CopyTo(target);
        if (target != _bytes)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = target;
        }

        for (var i = 0; i < (_hidden?.Count ?? 0); i++)
            _hidden![i] = (_hidden[i].Start - _taken, _hidden[i].End - _taken);
        _origin += _taken;
        _passed -= _taken;
        _filled -= _taken;
        _taken = 0;
    }
}
