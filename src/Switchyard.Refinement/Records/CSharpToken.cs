using Switchyard.Refinement.Schemas;

namespace Switchyard.Refinement.Records;

internal enum TokenKind
{
    Word,
    Text,
    Number,
    Mark,
    End,
}

/// <summary>A word, literal or punctuation mark of C#.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Value">Its characters; for a string its value.</param>
/// <param name="Start">Where it begins.</param>
/// <param name="End">Where it ends.</param>
internal readonly record struct CSharpToken(TokenKind Kind, string Value, int Start, int End)
{
    public bool Is(string value) => Kind is TokenKind.Word or TokenKind.Mark && Value == value;

    /// <summary>Splits a text into tokens; comments, blanks and preprocessor lines are skipped.</summary>
    /// <exception cref="SchemaTextException">A string or comment does not end.</exception>
    public static List<CSharpToken> Read(string text)
    {
        var tokens = new List<CSharpToken>();
        for (var i = 0; i < text.Length;)
        {
            var c = text[i];
            if (char.IsWhiteSpace(c))
                i++;
            else if (c == '#' || text.AsSpan(i).StartsWith("//"))
                i = EndOfLine(text, i);
            else if (text.AsSpan(i).StartsWith("/*"))
                i = After(text, "*/", i + 2, i);
            else if (CSharpString.Read(text, i) is { } literal)
                Add(literal);
            else if (char.IsLetter(c) || c is '_' or '@')
                Add(new(TokenKind.Word, "", i, EndOf(text, i + 1, static c => char.IsLetterOrDigit(c) || c == '_')));
            else if (char.IsAsciiDigit(c))
                Add(new(TokenKind.Number, "", i, EndOf(text, i + 1, static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_')));
            else
                Add(new(TokenKind.Mark, "", i, text.AsSpan(i).StartsWith("=>") ? i + 2 : i + 1));

            void Add(CSharpToken token)
            {
                tokens.Add(token.Kind == TokenKind.Text ? token : token with { Value = text[token.Start..token.End].TrimStart('@') });
                i = token.End;
            }
        }

        tokens.Add(new(TokenKind.End, "", text.Length, text.Length));
        return tokens;
    }

    private static int EndOfLine(string text, int at) => text.IndexOf('\n', at) is >= 0 and var end ? end : text.Length;

    private static int After(string text, string mark, int from, int start) =>
        text.IndexOf(mark, from, StringComparison.Ordinal) is >= 0 and var end
        ? end + mark.Length
        : throw new SchemaTextException($"A comment that begins at {SchemaTextException.PlaceOf(text, start)} is not closed.");

    private static int EndOf(string text, int at, Func<char, bool> belongs)
    {
        while (at < text.Length && belongs(text[at]))
            at++;
        return at;
    }
}
