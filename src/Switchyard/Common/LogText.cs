using System.Buffers;
using System.Globalization;
using System.Text;

namespace Switchyard.Common;

/// <summary>
/// Makes text of clients and providers safe for a log: characters that could end a line, move a terminal's cursor, or change the direction
/// of the text after them are written as <c>\u001b</c>, so that one event is one line and is displayed as it is.
/// </summary>
public static class LogText
{
    // Control characters (C0, DEL, C1), line and paragraph separators, marks and overrides of direction, the byte order mark.
    private static readonly SearchValues<char> s_unsafe = SearchValues.Create(
        [
            .. Range('\0', '\u001f'), .. Range('\u007f', '\u009f'), '\u061c', .. Range('\u200e', '\u200f'), .. Range('\u2028', '\u202e'),
            .. Range('\u2066', '\u2069'), '\ufeff',
        ]);

    /// <summary>Whether <see cref="Escape"/> would leave the text unchanged.</summary>
    public static bool IsSafe(ReadOnlySpan<char> text) => !text.ContainsAny(s_unsafe);

    /// <summary>The text with unsafe characters escaped; the same object if it has none.</summary>
    public static string Escape(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var at = text.AsSpan().IndexOfAny(s_unsafe);
        if (at < 0)
            return text;
        var safe = new StringBuilder(text.Length + 16).Append(text, 0, at);
        foreach (var letter in text.AsSpan(at))
        {
            _ = letter switch
            {
                '\n' => safe.Append(@"\n"),
                '\r' => safe.Append(@"\r"),
                '\t' => safe.Append(@"\t"),
                _ when s_unsafe.Contains(letter) => safe.Append(CultureInfo.InvariantCulture, $@"\u{(int)letter:x4}"),
                _ => safe.Append(letter),
            };
        }

        return safe.ToString();
    }

    private static IEnumerable<char> Range(char first, char last) => Enumerable.Range(first, last - first + 1).Select(code => (char)code);
}
