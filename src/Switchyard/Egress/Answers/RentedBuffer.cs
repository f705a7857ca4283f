using System.Buffers;

namespace Switchyard.Egress.Answers;

/// <summary>Returns the buffer of an answer to the shared pool.</summary>
internal static class RentedBuffer
{
    /// <summary>Returns a rented array and leaves an empty one in its place, so that a second call returns nothing.</summary>
    public static void Return(ref byte[] buffer)
    {
        var rented = Interlocked.Exchange(ref buffer, []);
        if (rented.Length > 0)
            ArrayPool<byte>.Shared.Return(rented);
    }
}
