using System.Globalization;
using System.Text;
using Switchyard.Refinement.Schemas;

namespace Switchyard.Refinement.Records;

/// <summary>Texts and characters as C# writes them: <c>"a"</c>, <c>@"a"</c>, <c>"""a"""</c>, <c>'a'</c>.</summary>
internal static class CSharpString
{
    /// <summary>The literal at a position; null if none begins there. An interpolated one is read as plain characters.</summary>
    /// <exception cref="SchemaTextException">The literal does not end.</exception>
    public static CSharpToken? Read(string text, int start)
    {
        var at = start;
        while (at < text.Length && text[at] is '$' or '@')
            at++;
        if (at == text.Length || text[at] is not ('"' or '\''))
            return null;
        if (text[at] == '\'')
            return at == start ? Plain(text, start, at, '\'') : null;
        var quotes = text.AsSpan(at).IndexOfAnyExcept('"') is >= 0 and var run ? run : text.Length - at;
        return quotes >= 3 ? Raw(text, start, at, quotes)
            : text.AsSpan(start, at - start).Contains('@') ? Verbatim(text, start, at)
            : Plain(text, start, at, '"');
    }

    /// <summary>A text as a C# literal: verbatim if it contains a backslash, as patterns do.</summary>
    public static string Quote(string text) => text.Contains('\\', StringComparison.Ordinal) && !text.AsSpan().ContainsAny('\n', '\r')
        ? $"@\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
        : $"\"{string.Concat(text.Select(Escape))}\"";

    private static string Escape(char c) => c switch
    {
        '"' => "\\\"",
        '\\' => @"\\",
        _ when char.IsControl(c) || char.IsSurrogate(c) => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
        _ => c.ToString(),
    };

    private static CSharpToken Plain(string text, int start, int quote, char mark)
    {
        var value = new StringBuilder();
        for (var i = quote + 1; i < text.Length && text[i] != '\n'; i++)
        {
            if (text[i] == mark)
                return new(TokenKind.Text, value.ToString(), start, i + 1);
            if (text[i] != '\\' || i + 1 == text.Length)
            {
                value.Append(text[i]);
                continue;
            }

            i++;
            if (text[i] == 'u' && i + 4 < text.Length
                && ushort.TryParse(text.AsSpan(i + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
            {
                value.Append((char)code);
                i += 4;
                continue;
            }

            value.Append(text[i] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', '0' => '\0', var other => other });
        }

        throw Unended(text, start);
    }

    private static CSharpToken Verbatim(string text, int start, int quote)
    {
        for (var i = quote + 1; i < text.Length; i++)
        {
            if (text[i] != '"')
                continue;
            if (i + 1 == text.Length || text[i + 1] != '"')
                return new(TokenKind.Text, text[(quote + 1)..i].Replace("\"\"", "\"", StringComparison.Ordinal), start, i + 1);
            i++;
        }

        throw Unended(text, start);
    }

    private static CSharpToken Raw(string text, int start, int quote, int quotes)
    {
        var end = text.IndexOf(new string('"', quotes), quote + quotes, StringComparison.Ordinal);
        return end >= 0
            ? new(TokenKind.Text, text[(quote + quotes)..end], start, end + quotes)
            : throw Unended(text, start);
    }

    private static SchemaTextException Unended(string text, int start) =>
        new($"A string that begins at {SchemaTextException.PlaceOf(text, start)} is not closed.");
}
