using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace Switchyard.Refinement.Schemas;

/// <summary>
/// A pattern in the subset that means the same in JavaScript, in JSON Schema and in .NET, matched in time linear in the text, so that a
/// proposed pattern cannot block the caller. Immutable.
/// </summary>
internal sealed class PortablePattern
{
    private const int MaxLength = 500;

    // Class shorthands as JavaScript defines them; .NET's would match digits and letters of all scripts.
    private const string Digits = "0-9";
    private const string Words = "a-zA-Z0-9_";
    private const string Blanks = @"\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff";

    private static readonly SearchValues<char> s_counts = SearchValues.Create("0123456789,");

    private readonly Regex _regex;

    private PortablePattern(Regex regex) => _regex = regex;

    /// <summary>Reads a pattern.</summary>
    /// <param name="source">The pattern, without delimiters.</param>
    /// <param name="problem">Why it is outside the subset.</param>
    /// <returns>The pattern; null with a problem.</returns>
    public static PortablePattern? Read(string source, out string problem)
    {
        problem = "";
        if (source.Length is 0 or > MaxLength)
        {
            problem = source.Length == 0 ? "it is empty" : $"it is longer than {MaxLength} characters";
            return null;
        }

        if (Translate(source, out problem) is not { } translated)
            return null;
        try
        {
            return new(new Regex(translated, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant));
        }
        catch (ArgumentException)
        {
            problem = "it is not a regular expression";
        }
        catch (NotSupportedException)
        {
            problem = "it is too large to be matched in linear time";
        }

        return null;
    }

    /// <summary>Whether the pattern matches a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="whole">Whether it must match the whole text, as .NET's attributes require, rather than a part.</param>
    public bool IsMatch(string text, bool whole)
    {
        if (!whole)
            return _regex.IsMatch(text);
        var match = _regex.Match(text);
        return match.Success && match.Index == 0 && match.Length == text.Length;
    }

    private static string? Translate(string source, out string problem)
    {
        problem = "";
        var built = new StringBuilder(source.Length + 16);
        for (var i = 0; i < source.Length; i++)
        {
            var c = source[i];
            var rest = source.AsSpan(i);
            switch (c)
            {
                case '\\' when Escape(source, ref i, inClass: false) is { } escaped:
                    built.Append(escaped);
                    break;
                case '[' when Class(source, ref i) is { } characters:
                    built.Append(characters);
                    break;
                case '(' when rest.StartsWith("(?") && !rest.StartsWith("(?:"):
                    problem = "it has a lookaround or a named group, which not every language supports";
                    return null;
                case '{' when QuantifierLength(rest) is var length and > 0:
                    built.Append(rest[..length]);
                    i += length - 1;
                    break;
                case '\\' or '[' or ']' or '{' or '}':
                    problem = $"'{c}' at {i + 1} is not written in a way that every language reads the same";
                    return null;
                case '.':
                    built.Append(@"[^\n\r\u2028\u2029]");
                    break;
                case '$':
                    built.Append(@"\z");
                    break;
                default:
                    built.Append(c);
                    break;
            }
        }

        return built.ToString();
    }

    /// <summary>Translates an escape and moves the index to its last character. Null for one that languages read differently.</summary>
    private static string? Escape(string source, ref int i, bool inClass)
    {
        if (i + 1 == source.Length)
            return null;
        var c = source[i + 1];
        string? translated = c switch
        {
            'd' => inClass ? Digits : $"[{Digits}]",
            'w' => inClass ? Words : $"[{Words}]",
            's' => inClass ? Blanks : $"[{Blanks}]",
            'D' when !inClass => $"[^{Digits}]",
            'W' when !inClass => $"[^{Words}]",
            'S' when !inClass => $"[^{Blanks}]",
            't' or 'n' or 'r' => $@"\{c}",
            _ when char.IsAsciiDigit(c) || char.IsAsciiLetter(c) => null,
            _ when char.IsAscii(c) && !char.IsControl(c) => $@"\{c}",
            _ => null,
        };
        if (translated is not null)
            i++;
        return translated;
    }

    private static string? Class(string source, ref int i)
    {
        var built = new StringBuilder("[");
        var at = i + 1;
        if (at < source.Length && source[at] == '^')
        {
            built.Append('^');
            at++;
        }

        var first = at;
        for (; at < source.Length && source[at] != ']'; at++)
        {
            switch (source[at])
            {
                case '\\' when Escape(source, ref at, inClass: true) is { } escaped:
                    built.Append(escaped);
                    break;
                case '\\':
                    return null;
                // Would begin a subtraction in .NET, and a nested class in newer JavaScript.
                case '[':
                    built.Append(@"\[");
                    break;
                default:
                    built.Append(source[at]);
                    break;
            }
        }

        if (at == source.Length || at == first)
            return null;
        i = at;
        return built.Append(']').ToString();
    }

    /// <summary>The length of <c>{2}</c>, <c>{2,}</c> or <c>{2,4}</c>; 0 if there is none.</summary>
    private static int QuantifierLength(ReadOnlySpan<char> rest)
    {
        var end = rest.IndexOf('}');
        if (end is < 2 or > 10)
            return 0;
        var inside = rest[1..end];
        return char.IsAsciiDigit(inside[0]) && inside.IndexOfAnyExcept(s_counts) < 0 && inside.Count(',') <= 1 ? end + 1 : 0;
    }
}
