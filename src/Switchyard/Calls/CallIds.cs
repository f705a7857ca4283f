using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Switchyard.Calls;

/// <summary>Makes the ids a call needs: unique in this process by a counter, and among processes by 64 random bits drawn once.</summary>
/// <remarks>A random id a call would ask the kernel for entropy on every request. An id is not a secret, it only has to be unique.</remarks>
internal static class CallIds
{
    private const string Digits = "0123456789abcdef";
    private static readonly ulong s_process = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8));
    private static ulong s_counter = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8));

    /// <summary>A request id: 32 hexadecimal digits.</summary>
    public static string NewRequestId() => string.Create(32, Next(), static (span, number) => Write(span, number));

    /// <summary>An answer id in OpenAI's form: <c>chatcmpl-</c> and 29 hexadecimal digits.</summary>
    public static string NewChatCompletionId() => string.Concat("chatcmpl-", NewRequestId().AsSpan(3));

    // An odd multiplier maps the counter one to one onto scattered values, so that neighbouring calls do not have look-alike ids.
    private static ulong Next() => Interlocked.Increment(ref s_counter) * 0x9E3779B97F4A7C15UL;

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
