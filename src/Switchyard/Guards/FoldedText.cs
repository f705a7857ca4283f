using System.Buffers;
using System.Text;

namespace Switchyard.Guards;

/// <summary>
/// A text as a reader sees it, to search in: without invisible characters, with full-width and similar forms as plain letters, with marks
/// composed with their letters, or left out where no letter has them, with the escapes of JSON for letters decoded, and with Latin letters
/// in place of those of other alphabets that look like them. What is sent stays as it is written. Immutable.
/// </summary>
internal sealed class FoldedText
{
    // The position in the written text of each letter, and its end.
    private readonly List<int> _places;

    private FoldedText(string text, List<int> places) => (Text, _places) = (text, places);

    /// <summary>The folded text.</summary>
    public string Text { get; }

    /// <summary>Folds a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="isOpen">Whether more may follow: its last word is then folded as if that made it Latin.</param>
    /// <returns>The folded text; null if it equals the text.</returns>
    public static FoldedText? Of(string text, bool isOpen = false)
    {
        var decoded = text.Contains("\\u", StringComparison.Ordinal) ? Decoded(text) : null;
        var folded = Folded(decoded?.Text ?? text, isOpen);
        if (decoded is null || folded is null)
            return folded ?? decoded;
        return new FoldedText(folded.Text, folded._places.ConvertAll(decoded.PlaceOf));
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

    /// <summary>
    /// A text with its escapes <c>\u00E9</c> decoded; null if it has none. A tool's result is often JSON inside a text, and many writers of
    /// JSON escape all letters but ASCII.
    /// </summary>
    private static FoldedText? Decoded(string text)
    {
        var decoded = new StringBuilder(text.Length);
        var places = new List<int>(text.Length + 1);
        for (var at = 0; at < text.Length;)
        {
            places.Add(at);
            var isEscape = ReadText.TryReadUnit(text, at, out var letter);
            decoded.Append(isEscape ? letter : text[at]);
            at += isEscape ? ReadText.UnitLength : 1;
        }

        places.Add(text.Length);
        return decoded.Length == text.Length ? null : new FoldedText(decoded.ToString(), places);
    }

    private static FoldedText? Folded(string text, bool isOpen)
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
                Compose(folded, marks);
                at += AppendAscii(text.AsSpan(at), at, folded, places);
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
                AppendLetter(text.AsSpan(at, length), point, at, folded, places);
            }

            at += length;
        }

        Compose(folded, marks);
        places.Add(text.Length);
        var seen = LookAlikes.InLatinWords(folded.Equals(text.AsSpan()) ? text : folded.ToString(), isOpen);
        return ReferenceEquals(seen, text) ? null : new FoldedText(seen, places);
    }

    /// <summary>Most texts are ASCII but for a dash or a quotation mark: their letters are taken many at once.</summary>
    /// <returns>The number of letters taken.</returns>
    private static int AppendAscii(ReadOnlySpan<char> rest, int at, StringBuilder folded, List<int> places)
    {
        var plain = rest.IndexOfAnyExceptInRange('\0', '\u007F') is >= 0 and var end ? rest[..end] : rest;
        folded.Append(plain);
        for (var i = 0; i < plain.Length; i++)
            places.Add(at + i);
        return plain.Length;
    }

    /// <summary>Appends a letter in its plain form, or joins it with the one before it to a syllable, at that one's place.</summary>
    private static void AppendLetter(ReadOnlySpan<char> letter, int point, int at, StringBuilder folded, List<int> places)
    {
        if (folded.Length > 0 && SameLetters.Syllable(folded[^1], point) is { } syllable)
        {
            folded[^1] = syllable;
            return;
        }

        folded.Append(SameLetters.PlainOf(point) is { } plain ? plain : letter);
        while (places.Count < folded.Length)
            places.Add(at);
    }

    /// <summary>
    /// Composes the last letter with the marks that follow it, in whatever order they are written: "ậ" is also "â" with a dot below it.
    /// </summary>
    private static void Compose(StringBuilder folded, List<char> marks)
    {
        if (marks.Count == 0)
            return;
        if (folded.Length > 0)
        {
            var letter = folded[^1];
            while (SameLetters.PartsOf(letter) is var (from, last))
            {
                marks.Insert(0, last);
                letter = from;
            }

            foreach (var mark in marks.OrderBy(SameLetters.OrderOf))
                letter = SameLetters.Compose(letter, mark) ?? letter;
            folded[^1] = letter;
        }

        marks.Clear();
    }
}
