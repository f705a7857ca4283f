using System.Buffers.Text;

namespace Switchyard.Dialects.Json;

/// <summary>
/// JSON can spell half a surrogate pair (<c>\ud83d</c> alone), which no string can hold; .NET's JSON reader throws on reading one. Some
/// servers cut an emoji in two at a token boundary and send the halves. Each becomes U+FFFD, as in any UTF-8 decoder.
/// </summary>
internal static class SurrogateRepair
{
    /// <summary>The same JSON with every half pair replaced; the input itself, uncopied, if it has none.</summary>
    public static ReadOnlySpan<byte> Repair(ReadOnlySpan<byte> json)
    {
        if (json.IndexOf("\\u"u8) < 0)
            return json;
        // From the first escape of any kind: what looks like `\u` may be the second half of an escaped backslash and a letter.
        var at = json.IndexOf((byte)'\\');
        byte[]? repaired = null;
        while (at + 1 < json.Length)
        {
            if (json[at] != (byte)'\\' || json[at + 1] != (byte)'u')
            {
                // Any other escape is stepped over whole, so that the second backslash of `\\` does not begin an escape.
                var next = json[at] == (byte)'\\' ? at + 2 : at + 1;
                if (next >= json.Length)
                    break;
                var found = json[next..].IndexOf((byte)'\\');
                if (found < 0)
                    break;
                at = next + found;
                continue;
            }

            var unit = CodeUnit(json, at);
            if (char.IsHighSurrogate(unit) && char.IsLowSurrogate(CodeUnit(json, at + 6)))
            {
                at += 12;
            }
            else
            {
                if (char.IsSurrogate(unit))
                    "fffd"u8.CopyTo((repaired ??= json.ToArray()).AsSpan(at + 2));
                at += 6;
            }
        }

        return repaired ?? json;
    }

    private static char CodeUnit(ReadOnlySpan<byte> json, int at) =>
        at + 6 <= json.Length && json[at] == (byte)'\\' && json[at + 1] == (byte)'u'
        && Utf8Parser.TryParse(json.Slice(at + 2, 4), out ushort unit, out var used, 'x') && used == 4
            ? (char)unit
            : '\0';
}
