using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Switchyard.Calls;

/// <summary>Makes request and answer ids: a counter makes them unique in this process, 64 random bits across processes.</summary>
/// <remarks>
/// The bits are drawn once, because a random id for each call would ask the kernel for entropy. An id is not a secret, so they are those of
/// a <see cref="Guid"/>: a cryptographic generator would load OpenSSL, 4.5 MB in a process that serves plain HTTP. Ids of one process
/// ascend, so that the ledger's index of them grows at its end instead of changing a page of it for each call.
/// </remarks>
internal static class CallIds
{
    private const string Digits = "0123456789abcdef";
    private static readonly ulong s_process = RandomBits();
    private static ulong s_counter = RandomBits();

    /// <summary>A request id: 32 hexadecimal digits.</summary>
    public static string NewRequestId() => string.Create(32, Next(), static (span, number) => Write(span, number));

    /// <summary>An answer id in OpenAI's form: <c>chatcmpl-</c> and 29 hexadecimal digits.</summary>
    public static string NewChatCompletionId() => string.Concat("chatcmpl-", NewRequestId().AsSpan(3));

    /// <summary>An id of the ledger: a <see cref="Guid"/> of version 7, which ascends with the time in milliseconds.</summary>
    /// <param name="now">The time.</param>
    public static Guid NewLedgerId(DateTimeOffset now)
    {
        // Guid.CreateVersion7 would ask the kernel for 16 bytes of entropy.
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, now.ToUnixTimeMilliseconds() << 16);
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], Random.Shared.NextInt64());
        BinaryPrimitives.WriteUInt16BigEndian(bytes[6..], (ushort)(0x7000 | Random.Shared.Next(0x1000)));
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3F));
        return new Guid(bytes, bigEndian: true);
    }

    private static ulong Next() => Interlocked.Increment(ref s_counter);

    // The halves are combined because each has a few fixed bits (version and variant) in different positions.
    private static ulong RandomBits()
    {
        var halves = MemoryMarshal.Cast<Guid, ulong>([Guid.NewGuid()]);
        return halves[0] ^ ulong.RotateLeft(halves[1], 32);
    }

    private static void Write(Span<char> span, ulong number)
    {
        var process = s_process;
        for (var i = 15; i >= 0; i--)
        {
            span[i] = Digits[(int)(process & 15)];
            span[i + 16] = Digits[(int)(number & 15)];
            process >>= 4;
            number >>= 4;
        }
    }
}
