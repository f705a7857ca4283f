using System.Buffers;
using System.Text;

namespace Switchyard.Guards;

/// <summary>
/// A text as a reader sees it, to search in: without invisible characters, with full-width and similar forms as plain letters, and with
/// marks composed with their letters, or left out where no letter has them. What is sent stays as it is written. Immutable.
/// </summary>
internal sealed class FoldedText
{
    // The position in the written text of each letter, and its end.
    private readonly List<int> _places;

    private FoldedText(string text, List<int> places) => (Text, _places) = (text, places);

    /// <summary>The folded text.</summary>
    public string Text { get; }

    /// <summary>Folds a text.</summary>
    /// <returns>The folded text; null if it equals the text.</returns>
    public static FoldedText? Of(string text)
    {
        if (Ascii.IsValid(text))
            return null;
        var folded = new StringBuilder(text.Length);
        var places = new List<int>(text.Length + 1);
        var marks = new List<char>();
        for (var at = 0; at < text.Length;)
        {
            if (char.IsAscii(text[at]))
            {
                // Most texts are ASCII but for a dash or a quotation mark: their letters are taken many at once.
                Compose(folded, marks);
                var plain = text.AsSpan(at);
                plain = plain.IndexOfAnyExceptInRange('\0', '\u007F') is >= 0 and var end ? plain[..end] : plain;
                folded.Append(plain);
                for (var i = 0; i < plain.Length; i++)
                    places.Add(at + i);
                at += plain.Length;
                continue;
            }

            // Half a surrogate pair is kept as it is.
            var point = Rune.DecodeFromUtf16(text.AsSpan(at), out var rune, out var length) == OperationStatus.Done ? rune.Value : -1;
            if (SameLetters.IsMark(point))
            {
                marks.Add(SameLetters.Mark(point));
            }
            else if (!SameLetters.IsIgnored(point))
            {
                Compose(folded, marks);
                if (folded.Length > 0 && SameLetters.Syllable(folded[^1], point) is { } syllable)
                {
                    folded[^1] = syllable;
                }
                else
                {
                    folded.Append(SameLetters.PlainOf(point) is { } plain ? plain : text.AsSpan(at, length));
                    while (places.Count < folded.Length)
                        places.Add(at);
                }
            }

            at += length;
        }

        Compose(folded, marks);
        places.Add(text.Length);
        return folded.Equals(text.AsSpan()) ? null : new FoldedText(folded.ToString(), places);
    }

    /// <summary>The position of a letter in the written text; for the folded length, the end of the written text.</summary>
    public int PlaceOf(int letter) => _places[letter];

    /// <summary>A match as it is positioned in the written text, with all characters that belong to its letters.</summary>
    public GuardMatch InWritten(GuardMatch match)
    {
        var (start, end) = (match.Start, match.Start + match.Length);
        // One written character may be several letters.
        while (end < _places.Count - 1 && _places[end] == _places[end - 1])
            end++;
        return match with { Start = _places[start], Length = _places[end] - _places[start] };
    }

    /// <summary>Composes the last letter with the marks that follow it, those below it first, in whatever order they are written.</summary>
    private static void Compose(StringBuilder folded, List<char> marks)
    {
        if (marks.Count == 0)
            return;
        if (folded.Length > 0)
        {
            foreach (var mark in marks.OrderBy(SameLetters.IsAbove))
                folded[^1] = SameLetters.Compose(folded[^1], mark) ?? folded[^1];
        }

        marks.Clear();
    }
}
