using System.Runtime.InteropServices;

namespace Switchyard.Caching;

/// <summary>
/// The SHA-256 hash under which an answer is kept. A request cannot be recovered from it, and no two requests of practical interest
/// have the same hash.
/// </summary>
internal readonly record struct AnswerKey(ulong First, ulong Second, ulong Third, ulong Fourth)
{
    public const int Size = 32;

    public static AnswerKey From(ReadOnlySpan<byte> hash)
    {
        var parts = MemoryMarshal.Cast<byte, ulong>(hash[..Size]);
        return new(parts[0], parts[1], parts[2], parts[3]);
    }

    // All parts are evenly distributed, so any of them serves.
    public override int GetHashCode() => First.GetHashCode();

    /// <summary>As 64 hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(MemoryMarshal.AsBytes<ulong>([First, Second, Third, Fourth]));
}

/// <summary>The two hashes of a request.</summary>
/// <param name="Content">The hash of the request, independent of its caller.</param>
/// <param name="Scoped">The hash of the request and its caller's scope: the answer is kept under it.</param>
internal readonly record struct RequestKeys(AnswerKey Content, AnswerKey Scoped);
