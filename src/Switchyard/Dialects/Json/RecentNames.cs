using System.Text;

namespace Switchyard.Dialects.Json;

/// <summary>
/// The strings of names that requests repeat: the clients of a gateway name few models, and every call would make the same string again.
/// It keeps 256 of at most 64 ASCII characters, each in the slot of its hash until another name replaces it. Thread-safe.
/// </summary>
internal static class RecentNames
{
    private const int Places = 256;
    private const int Longest = 64;

    private static readonly string?[] s_kept = new string?[Places];

    /// <summary>The string of a name in UTF-8.</summary>
    public static string Of(ReadOnlySpan<byte> name)
    {
        if (name.Length > Longest || !Ascii.IsValid(name))
            return Encoding.UTF8.GetString(name);
        var hash = new HashCode();
        hash.AddBytes(name);
        ref var place = ref s_kept[(uint)hash.ToHashCode() % Places];
        var kept = Volatile.Read(ref place);
        if (kept is not null && Ascii.Equals(name, kept))
            return kept;
        var made = Encoding.ASCII.GetString(name);
        Volatile.Write(ref place, made);
        return made;
    }
}
