namespace Switchyard.Common;

/// <summary>Reads bodies of others into memory, up to a limit.</summary>
internal static class BoundedRead
{
    private const int FirstSize = 4096;

    /// <summary>
    /// Reads the body of an error; empty where it is too long, and where it breaks off or cannot be decompressed: the status and the
    /// headers say what follows from it. A server that refuses an upload before it has come often closes the connection amid its answer.
    /// </summary>
    /// <param name="read">Reads some bytes; 0 at the end.</param>
    /// <param name="length">How many it says that there are; null where it does not.</param>
    /// <param name="limit">The most bytes.</param>
    /// <param name="cancellationToken">Cancelled when the answer is not waited for any more; what is thrown then is passed on.</param>
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

    /// <summary>Reads to the end; null where there are more bytes than the limit.</summary>
    /// <param name="read">Reads some bytes; 0 at the end.</param>
    /// <param name="length">How many it says that there are; null where it does not.</param>
    /// <param name="limit">The most bytes.</param>
    public static async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(Func<Memory<byte>, ValueTask<int>> read, long? length, int limit)
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
            if (filled == buffer.Length)
                Array.Resize(ref buffer, Math.Min(buffer.Length * 2, limit + 1));
        }
    }
}
