using System.Buffers;

namespace Switchyard.Common;

/// <summary>
/// Bytes in an array of a pool, with a reference count: the last release returns the array. A transport may
/// still be sending a body after the call has been answered or cancelled; an array returned too early would carry one caller's words to
/// another. Thread-safe.
/// </summary>
public sealed class PooledBytes
{
    private byte[]? _array;
    private readonly ArrayPool<byte>? _pool;
    private int _holders = 1;

    private PooledBytes(byte[] array, int length, ArrayPool<byte>? pool)
    {
        _array = array;
        Length = length;
        _pool = pool;
    }

    /// <summary>Takes over an array rented from a pool.</summary>
    /// <param name="array">The array.</param>
    /// <param name="length">The number of bytes used.</param>
    /// <param name="pool">The pool it is returned to; null is the shared one.</param>
    public static PooledBytes Rented(byte[] array, int length, ArrayPool<byte>? pool = null) =>
        new(array, length, pool ?? ArrayPool<byte>.Shared);

    /// <summary>Wraps an array that is not pooled; nothing is returned.</summary>
    public static PooledBytes Owned(byte[] array)
    {
        ArgumentNullException.ThrowIfNull(array);
        return new(array, array.Length, pool: null);
    }

    /// <summary>The number of bytes.</summary>
    public int Length { get; }

    /// <summary>The bytes. Valid while the reader holds them.</summary>
    /// <exception cref="ObjectDisposedException">The last holder has released them.</exception>
    public ReadOnlyMemory<byte> Memory => new(_array ?? throw new ObjectDisposedException(nameof(PooledBytes)), 0, Length);

    /// <summary>Adds a holder.</summary>
    /// <returns>False if the last holder has already released the bytes.</returns>
    internal bool TryHold()
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
        if (array is not null)
            _pool?.Return(array);
    }
}
