using System.Runtime.InteropServices;

namespace Switchyard.Caching;

/// <summary>
/// A SHA-256 hash under which an answer is kept. Nothing of a request can be read out of it, and no two requests that are worth looking
/// for have the same.
/// </summary>
internal readonly record struct AnswerKey(ulong First, ulong Second, ulong Third, ulong Fourth)
{
    public const int Size = 32;

    public static AnswerKey From(ReadOnlySpan<byte> hash)
    {
        var parts = MemoryMarshal.Cast<byte, ulong>(hash[..Size]);
        return new(parts[0], parts[1], parts[2], parts[3]);
    }

    // The whole of it is evenly distributed, so any part will do.
    public override int GetHashCode() => First.GetHashCode();

    /// <summary>As 64 hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(MemoryMarshal.AsBytes<ulong>([First, Second, Third, Fourth]));
}

/// <summary>The two hashes of a request.</summary>
/// <param name="Content">Of what is asked, whoever asks.</param>
/// <param name="Scoped">Of what is asked and for whom: the answer is kept under it.</param>
internal readonly record struct RequestKeys(AnswerKey Content, AnswerKey Scoped);
