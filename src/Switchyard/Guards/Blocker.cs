using System.Buffers;

namespace Switchyard.Guards;

/// <summary>Finds blocked words and patterns. Immutable and thread-safe.</summary>
internal sealed class Blocker : ITextScanner
{
    // The words as they are configured, and as they are found in folded texts.
    private readonly string[] _spellings;
    private readonly SearchValues<string> _words;
    private readonly int _longest;
    private readonly IReadOnlyList<Finder> _patterns;

    /// <summary>Creates the finder.</summary>
    /// <param name="words">The blocked words; case is ignored.</param>
    /// <param name="patterns">The blocked patterns.</param>
    public Blocker(IReadOnlyList<string> words, IReadOnlyList<Finder> patterns)
    {
        var folded = words.Select(word => FoldedText.Of(word)?.Text).OfType<string>().Where(word => word.Trim().Length > 0);
        _spellings = [.. words.Concat(folded).Distinct()];
        _words = SearchValues.Create(_spellings, StringComparison.OrdinalIgnoreCase);
        _longest = _spellings.Select(word => word.Length).DefaultIfEmpty(0).Max();
        _patterns = patterns;
    }

    public GuardAction Action => GuardAction.Block;

    public void Scan(string text, int number, List<GuardMatch> matches)
    {
        for (var from = 0; _longest > 0 && from < text.Length;)
        {
            var at = text.AsSpan(from).IndexOfAny(_words);
            if (at < 0)
                break;
            at += from;
            // If several words begin here, take the longest that is a whole word.
            var length = 0;
            foreach (var word in _spellings)
            {
                if (word.Length > length && IsAt(text, at, word))
                    length = word.Length;
            }

            if (length > 0)
                matches.Add(new GuardMatch("word") { Text = number, Start = at, Length = length });
            from = at + Math.Max(1, length);
        }

        foreach (var pattern in _patterns)
            pattern.Scan(text, number, matches);
    }

    public int Undecided(string text)
    {
        var most = 0;
        foreach (var pattern in _patterns)
            most = Math.Max(most, pattern.Undecided(text));
        // A blocked word at the end of the text may be the beginning of a longer word that is allowed.
        for (var length = Math.Min(_longest, text.Length); length > most; length--)
        {
            if (IsBeginning(text.AsSpan(text.Length - length)))
                return length;
        }

        return most;
    }

    private bool IsBeginning(ReadOnlySpan<char> end)
    {
        foreach (var word in _spellings)
        {
            if (word.Length >= end.Length && word.AsSpan().StartsWith(end[..^1], StringComparison.OrdinalIgnoreCase)
                && SameLetters.MayBecome(end[^1], word[end.Length - 1]))
                return true;
        }

        return false;
    }

    private static bool IsAt(string text, int at, string word) =>
        text.AsSpan(at).StartsWith(word, StringComparison.OrdinalIgnoreCase)
        && (at == 0 || !(IsLetter(text[at - 1]) && IsLetter(word[0])) || IsBehindBreak(text, at))
        && (at + word.Length == text.Length || !(IsLetter(text[at + word.Length]) && IsLetter(word[^1])));

    // A tool result is often JSON inside a text, where a line break is two characters.
    private static bool IsBehindBreak(string text, int at) => at > 1 && text[at - 2] == '\\' && text[at - 1] is 'n' or 'r' or 't';

    private static bool IsLetter(char letter) => char.IsLetterOrDigit(letter) || letter == '_';
}
