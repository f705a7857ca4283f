namespace Switchyard.Common;

/// <summary>Reads received bodies into memory, up to a limit.</summary>
internal static class BoundedRead
{
    private const int FirstSize = 4096;

    /// <summary>
    /// Reads the body of an error; empty if it is too long, breaks off or cannot be decompressed: the status and the
    /// headers suffice. A server that refuses an upload before receiving it often closes the connection during its answer.
    /// </summary>
    /// <param name="read">Reads some bytes; 0 at the end.</param>
    /// <param name="length">The announced number of bytes; null if not announced.</param>
    /// <param name="limit">The most bytes.</param>
    /// <param name="cancellationToken">Cancelled when the answer is no longer needed; the exception is then passed on.</param>
    public static async ValueTask<ReadOnlyMemory<byte>> ReadErrorAsync(
        Func<Memory<byte>, ValueTask<int>> read, long? length, int limit, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAsync(read, length, limit).ConfigureAwait(false) ?? ReadOnlyMemory<byte>.Empty;
        }
        catch (Exception e) when (
            (e is IOException or InvalidDataException or InvalidOperationException) && !cancellationToken.IsCancellationRequested)
        {
            return ReadOnlyMemory<byte>.Empty;
        }
    }

    /// <summary>Reads to the end; null if there are more bytes than the limit.</summary>
    /// <param name="read">Reads some bytes; 0 at the end.</param>
    /// <param name="length">The announced number of bytes; null if not announced.</param>
    /// <param name="limit">The most bytes.</param>
    /// <param name="isLast">Whether the bytes just read are the last that are needed; null if only the end shows that.</param>
    public static async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(
        Func<Memory<byte>, ValueTask<int>> read, long? length, int limit, Func<ReadOnlyMemory<byte>, bool>? isLast = null)
    {
        var buffer = new byte[Math.Min(length ?? FirstSize, limit) + 1];
        var filled = 0;
        while (true)
        {
            var count = await read(buffer.AsMemory(filled)).ConfigureAwait(false);
            if (count == 0)
                return buffer.AsMemory(0, filled);
            filled += count;
            if (filled > limit)
                return null;
            if (isLast?.Invoke(buffer.AsMemory(filled - count, count)) == true)
                return buffer.AsMemory(0, filled);
            if (filled == buffer.Length)
                Array.Resize(ref buffer, Math.Min(buffer.Length * 2, limit + 1));
        }
    }
}
