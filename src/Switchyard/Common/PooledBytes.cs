using System.Buffers;

namespace Switchyard.Common;

/// <summary>
/// Bytes in an array of <see cref="ArrayPool{T}.Shared"/>, with a reference count: the last release returns the array. A transport may
/// still be sending a body after the call has been answered or cancelled; an array returned too early would carry one caller's words to
/// another. Thread-safe.
/// </summary>
public sealed class PooledBytes
{
    private byte[]? _array;
    private readonly bool _pooled;
    private int _holders = 1;

    private PooledBytes(byte[] array, int length, bool pooled)
    {
        _array = array;
        Length = length;
        _pooled = pooled;
    }

    /// <summary>Takes over an array rented from the shared pool.</summary>
    public static PooledBytes Rented(byte[] array, int length) => new(array, length, pooled: true);

    /// <summary>Wraps an array that is not pooled; nothing is returned.</summary>
    public static PooledBytes Owned(byte[] array)
    {
        ArgumentNullException.ThrowIfNull(array);
        return new(array, array.Length, pooled: false);
    }

    /// <summary>How many bytes there are.</summary>
    public int Length { get; }

    /// <summary>The bytes. Valid while the reader is a holder.</summary>
    /// <exception cref="ObjectDisposedException">The last holder has released them.</exception>
    public ReadOnlyMemory<byte> Memory => new(_array ?? throw new ObjectDisposedException(nameof(PooledBytes)), 0, Length);

    /// <summary>Adds a holder.</summary>
    /// <returns>False when the last holder has already released the bytes.</returns>
    public bool TryHold()
    {
        var holders = Volatile.Read(ref _holders);
        while (holders > 0)
        {
            var seen = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (seen == holders)
                return true;
            holders = seen;
        }

        return false;
    }

    /// <summary>Removes a holder. The last one returns the array to the pool.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) != 0)
            return;
        var array = Interlocked.Exchange(ref _array, null);
        if (_pooled && array is not null)
            ArrayPool<byte>.Shared.Return(array);
    }
}
