using System.Collections;

namespace Switchyard.Guards;

/// <summary>
/// Searches texts both as they are written and as a reader sees them (<see cref="FoldedText"/>), and parts of a message that follow each
/// other as one text.
/// </summary>
internal static class TextSearch
{
    // The most that is held back of a stream for a spelling in other characters; invisible ones could be without end.
    private const int MostHeld = 4096;

    /// <summary>
    /// Adds the matches found in a text in either form. One that is found in both counts once, as the longer: a match in the text as it is
    /// written may end at a character that a reader does not see.
    /// </summary>
    public static void Find(this ITextScanner scanner, string text, int number, List<GuardMatch> matches)
    {
        var first = matches.Count;
        scanner.Scan(text, number, matches);
        if (FoldedText.Of(text) is not { } folded)
            return;
        var seen = new List<GuardMatch>();
        scanner.Scan(folded.Text, number, seen);
        if (seen.Count == 0)
            return;
        var written = matches.GetRange(first, matches.Count - first);
        var known = PlacesOf(written, text.Length);
        var added = seen.ConvertAll(folded.InWritten);
        added.RemoveAll(match => IsWithin(match, known));
        if (added.Count == 0)
            return;
        var covered = PlacesOf(added, text.Length);
        written.RemoveAll(match => IsWithin(match, covered));
        matches.RemoveRange(first, matches.Count - first);
        matches.AddRange(written);
        matches.AddRange(added);
    }

    /// <summary>Adds the matches found in texts, each alone and across neighbouring parts of a message.</summary>
    public static void Find(this ITextScanner scanner, GuardTexts texts, List<GuardMatch> matches)
    {
        for (var i = 0; i < texts.Texts.Count; i++)
            scanner.Find(texts.For(i, scanner).Read, i, matches);
        ILookup<int, GuardMatch>? alone = null;
        var pieces = new List<GuardMatch>();
        foreach (var parts in texts.Joined())
        {
            var found = new List<GuardMatch>();
            scanner.Find(string.Concat(parts.Select(part => texts.Texts[part])), 0, found);
            if (found.Count > 0)
                AddSpanning(found, parts, texts, alone ??= matches.ToLookup(match => match.Text), pieces);
        }

        if (pieces.Count == 0)
            return;
        // What a part alone has of a longer match is not counted beside it.
        var longer = pieces.ToLookup(piece => piece.Text);
        matches.RemoveAll(match => longer[match.Text].Any(piece => Contains(piece, match)));
        matches.AddRange(pieces);
    }

    /// <summary>The number of characters at the end of a text that may begin a match, in either form, which continues after it.</summary>
    public static int Held(this ITextScanner scanner, string text)
    {
        var part = PartOfLetter(text);
        return HeldOf(scanner, text[..^part]) + part;
    }

    /// <summary>
    /// The number of characters at the end of a text that are a part of a letter: half a surrogate pair is a letter only with its other
    /// half, and an escape only as a whole.
    /// </summary>
    public static int PartOfLetter(string text)
    {
        if (text.Length > 0 && char.IsHighSurrogate(text[^1]))
            return 1;
        var cut = ReadText.CutEscape(text);
        var before = text.Length - cut - ReadText.UnitLength;
        return before >= 0 && ReadText.TryReadUnit(text, before, out var half) && char.IsHighSurrogate(half)
            ? cut + ReadText.UnitLength
            : cut;
    }

    /// <summary>
    /// Adds the matches that more than one part has a piece of, piece by piece. Matches within one part have been found. One of the same
    /// kind at the edge of a part is taken to be whole: what follows it in the next part is another word.
    /// </summary>
    private static void AddSpanning(
        List<GuardMatch> found, List<int> parts, GuardTexts texts, ILookup<int, GuardMatch> alone, List<GuardMatch> added)
    {
        var ends = new int[parts.Count];
        for (var i = 0; i < ends.Length; i++)
            ends[i] = (i == 0 ? 0 : ends[i - 1]) + texts.Texts[parts[i]].Length;
        foreach (var match in found)
        {
            var (end, part) = (match.Start + match.Length, PartAt(ends, match.Start));
            if (end <= ends[part])
                continue;
            var pieces = new List<GuardMatch>();
            for (var start = match.Start; start < end; part++)
            {
                var offset = part == 0 ? 0 : ends[part - 1];
                pieces.Add(match with { Text = parts[part], Start = start - offset, Length = Math.Min(end, ends[part]) - start });
                start = ends[part];
            }

            if (!pieces.Exists(piece => alone[piece.Text].Any(other => other.Kind == piece.Kind && Overlap(piece, other))))
                added.AddRange(pieces);
        }
    }

    private static int HeldOf(ITextScanner scanner, string text)
    {
        var most = scanner.Undecided(text);
        if (FoldedText.Of(text, isOpen: true) is not { } folded)
            return most;
        var undecided = Math.Min(scanner.Undecided(folded.Text), folded.Text.Length);
        return undecided == 0 ? most : Math.Max(most, Math.Min(text.Length - folded.PlaceOf(folded.Text.Length - undecided), MostHeld));
    }

    /// <summary>The index of the part that a position is in. No part is empty.</summary>
    private static int PartAt(int[] ends, int position)
    {
        var index = Array.BinarySearch(ends, position);
        return index >= 0 ? index + 1 : ~index;
    }

    private static bool Overlap(in GuardMatch one, in GuardMatch other) =>
        one.Start < other.Start + other.Length && other.Start < one.Start + one.Length;

    private static bool Contains(in GuardMatch one, in GuardMatch other) =>
        one.Start <= other.Start && other.Start + other.Length <= one.Start + one.Length;

    /// <summary>The positions that matches cover.</summary>
    private static BitArray PlacesOf(List<GuardMatch> matches, int length)
    {
        var places = new BitArray(length);
        foreach (var match in matches)
        {
            for (var at = match.Start; at < match.Start + match.Length; at++)
                places[at] = true;
        }

        return places;
    }

    private static bool IsWithin(in GuardMatch match, BitArray places)
    {
        for (var at = match.Start; at < match.Start + match.Length; at++)
        {
            if (!places[at])
                return false;
        }

        return true;
    }
}
