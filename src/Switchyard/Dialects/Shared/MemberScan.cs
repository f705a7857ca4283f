namespace Switchyard.Dialects.Shared;

/// <summary>
/// Finds members in JSON that is not parsed, at any depth. A string cannot contain one, because its quotation marks are escaped. Names and
/// values are given with their quotation marks.
/// </summary>
internal static class MemberScan
{
    private static ReadOnlySpan<byte> Space => " \t\r\n"u8;

    /// <summary>How many members of the name have this text.</summary>
    public static int CountValues(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var count = 0;
        for (int start = 0, at; (at = json[start..].IndexOf(value)) >= 0; start += at + value.Length)
        {
            var before = json[..(start + at)].TrimEnd(Space);
            if (before.EndsWith(":"u8) && before[..^1].TrimEnd(Space).EndsWith(name))
                count++;
        }

        return count;
    }

    /// <summary>Whether the first member of the name has a list of numbers, or an empty one.</summary>
    public static bool BeginsNumbers(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name)
    {
        for (int at; (at = json.IndexOf(name)) >= 0;)
        {
            json = json[(at + name.Length)..].TrimStart(Space);
            if (!json.StartsWith(":"u8))
                continue;
            return json[1..].TrimStart(Space) is [(byte)'[', .. var items]
                && items.TrimStart(Space) is [(byte)'-' or (byte)']' or (>= (byte)'0' and <= (byte)'9'), ..];
        }

        return false;
    }

    /// <summary>How many members of the name have a text that is not empty.</summary>
    public static int CountTexts(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name)
    {
        var count = 0;
        for (int at; (at = json.IndexOf(name)) >= 0;)
        {
            json = json[(at + name.Length)..].TrimStart(Space);
            if (!json.StartsWith(":"u8))
                continue;
            json = json[1..].TrimStart(Space);
            if (json is [(byte)'"', not (byte)'"', ..])
                count++;
        }

        return count;
    }

    /// <summary>Whether a member of the name has a text of white space alone, or an empty one.</summary>
    public static bool HasBlankText(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name)
    {
        for (int at; (at = json.IndexOf(name)) >= 0;)
        {
            json = json[(at + name.Length)..].TrimStart(Space);
            if (!json.StartsWith(":"u8))
                continue;
            json = json[1..].TrimStart(Space);
            // One with a quotation mark in it ends in the backslash before that, which is not blank.
            if (json is [(byte)'"', .. var text] && text.IndexOf((byte)'"') is >= 0 and var length && ValueContent.IsBlank(text[..length]))
                return true;
        }

        return false;
    }
}
