using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;

namespace Switchyard.Calls;

/// <summary>
/// Bounds the end user's name in records, budgets and the ledger. A request may hold any text there: kilobytes, which no index
/// accepts, or control characters, which separate values in lists of accounts.
/// </summary>
internal static class EndUserNames
{
    /// <summary>The longest name that is kept unchanged.</summary>
    public const int MaxLength = 128;

    // With the separator and 16 digits it stays below the longest name.
    private const int Kept = 96;

    /// <summary>
    /// The recorded form of a name: the same if it is short and printable, else its beginning and a hash of all of it, so that two
    /// users never become one.
    /// </summary>
    public static string? Shown(string? name)
    {
        if (name is null || (name.Length <= MaxLength && IsPrintable(name)))
            return name;
        var beginning = new StringBuilder(Kept + 17);
        foreach (var rune in name.AsSpan(0, Math.Min(name.Length, Kept)).EnumerateRunes())
            beginning.Append(IsPrintable(rune) ? rune.ToString() : "_");
        var hash = XxHash3.HashToUInt64(MemoryMarshal.AsBytes(name.AsSpan()));
        return beginning.Append(CultureInfo.InvariantCulture, $"~{hash:x16}").ToString();
    }

    private static bool IsPrintable(string name)
    {
        foreach (var rune in name.EnumerateRunes())
        {
            if (!IsPrintable(rune))
                return false;
        }

        return true;
    }

    /// <summary>Half of a surrogate pair is read as the replacement character, which databases refuse or confuse with another.</summary>
    private static bool IsPrintable(Rune rune) => !Rune.IsControl(rune) && rune != Rune.ReplacementChar;
}
