using System.Text.RegularExpressions;

namespace Switchyard.Refinement.Zod;

/// <summary>
/// Blanks TypeScript's additions in a schema file, so that a JavaScript parser reads the rest: types and interfaces, the type of a
/// constant, <c>as const</c>, <c>satisfies</c>. Every character keeps its position.
/// </summary>
internal static partial class TypeScriptText
{
    public static string Blank(string text)
    {
        // Matches that are strings or comments are skipped: they may contain any text.
        var blanked = text.ToCharArray();
        foreach (Match match in Pieces().Matches(text))
        {
            if (match.Groups["skip"].Success)
                continue;
            var group = match.Groups["type"] is { Success: true } type ? type : match.Groups["annotation"];
            var (start, end) = (group.Index, group.Index + group.Length);
            if (group.Name == "type")
                end = EndOfType(text, end - 1);
            for (var i = start; i < end; i++)
            {
                if (blanked[i] is not ('\n' or '\r'))
                    blanked[i] = ' ';
            }
        }

        return new string(blanked);
    }

    /// <summary>
    /// The end of a type's declaration: for an interface its closing brace, else its semicolon or the end of its line outside of
    /// brackets.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="start">The brace it begins with, or the equals sign.</param>
    private static int EndOfType(string text, int start)
    {
        var (depth, isInterface) = (0, text[start] == '{');
        for (var i = start; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '{' or '(' or '[' or '<':
                    depth++;
                    break;
                case '}' or ')' or ']' or '>':
                    if (--depth == 0 && isInterface)
                        return i + 1;
                    break;
                case ';' when depth <= 0:
                    return i + 1;
                // A type may continue on the next line with an operator.
                case '\n' when depth <= 0 && text.AsSpan(start, i - start).TrimEnd() is not ([] or [.., '=' or '|' or '&' or ','])
                    && text.AsSpan(i).TrimStart() is not ['|' or '&' or '{' or '=', ..]:
                    return i;
            }
        }

        return text.Length;
    }

    // Linear in the text by construction, because the text is untrusted.
    private static Regex Pieces() => s_pieces;

    private static readonly Regex s_pieces = new(
        """
        (?<skip>"(\\.|[^"\\\n])*"|'(\\.|[^'\\\n])*'|`(\\.|[^`\\])*`|//[^\n]*|/\*([^*]|\*+[^*/])*\*+/)
        |(?<type>(export\s+)?(declare\s+)?(type|interface)\s+[A-Za-z_$][A-Za-z0-9_$]*(\s*<[^>\n]*>)?(\s+extends\s+[^{\n]+)?\s*(=|\{))
        |(const|let|var)\s+[A-Za-z_$][A-Za-z0-9_$]*\s*(?<annotation>:\s*[A-Za-z_$][A-Za-z0-9_$.]*(<[^=\n]*>)?)\s*=
        |(?<annotation>\sas\s+const|\ssatisfies\s+[A-Za-z_$][A-Za-z0-9_$.]*(<[^=\n;]*>)?)
        """,
        RegexOptions.NonBacktracking | RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant);
}
