using System.Buffers;

namespace Switchyard.Common;

/// <summary>
/// Collects bytes of unknown length in an array of <see cref="ArrayPool{T}.Shared"/>. A JSON writer requests three times the space a text
/// may need, so a new array for each body would be most of a translated call's allocation. Disposing it returns the array, unless
/// <see cref="Detach"/> has passed it on. Not thread-safe.
/// </summary>
public sealed class PooledWriter : IBufferWriter<byte>, IDisposable
{
    private const int InitialSize = 4096;

    private byte[]? _array = ArrayPool<byte>.Shared.Rent(InitialSize);
    private int _length;

    /// <summary>The bytes written so far. Valid until the next write.</summary>
    public ReadOnlyMemory<byte> Written => Array.AsMemory(0, _length);

    private byte[] Array => _array ?? throw new ObjectDisposedException(nameof(PooledWriter));

    /// <inheritdoc/>
    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Array.Length - _length);
        _length += count;
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0) => WithRoom(sizeHint).AsMemory(_length);

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => WithRoom(sizeHint).AsSpan(_length);

    /// <summary>Passes the bytes on; their last holder returns the array, and nothing more can be written.</summary>
    public PooledBytes Detach()
    {
        var bytes = PooledBytes.Rented(Array, _length);
        _array = null;
        return bytes;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_array is { } array)
            ArrayPool<byte>.Shared.Return(array);
        _array = null;
    }

    private byte[] WithRoom(int sizeHint)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        var array = Array;
        var needed = _length + (long)Math.Max(sizeHint, 1);
        if (needed <= array.Length)
            return array;
        if (needed > System.Array.MaxLength)
            throw new InvalidOperationException($"A body of {needed} bytes is more than an array can hold.");
        var larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(Math.Max(needed, array.Length * 2L), System.Array.MaxLength));
        array.AsSpan(0, _length).CopyTo(larger);
        _array = larger;
        ArrayPool<byte>.Shared.Return(array);
        return larger;
    }
}
