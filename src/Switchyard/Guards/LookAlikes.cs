using System.Buffers;

namespace Switchyard.Guards;

/// <summary>
/// Letters of the Greek and Cyrillic alphabets that look like Latin ones. They count as Latin only in a word that is Latin but for them:
/// words in their own alphabets, which may consist of such letters alone (<c>сор</c>), and words with other letters of theirs
/// stay. Pure.
/// </summary>
internal static class LookAlikes
{
    private const string Letters = "АВЕКМНОРСТУХІЈЅҮԌԚԜаеоркстухіјѕһѵӏԁԛԝүΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορυϲϳ";

    private const string Latin = "ABEKMHOPCTYXIJSYGQWaeopkctyxijshvldqwyABEZHIKMNOPTYXaikvopucj";

    private static readonly SearchValues<char> s_letters = SearchValues.Create(Letters);
    private static readonly Dictionary<char, char> s_latin = LatinLetters();

    /// <summary>The text with Latin letters in place of those that look like them, in words that are Latin but for them.</summary>
    /// <param name="text">The text.</param>
    /// <param name="isOpen">Whether more may follow, so that a last word of look-alikes alone may still become Latin.</param>
    /// <returns>The same string if nothing changes.</returns>
    public static string InLatinWords(string text, bool isOpen)
    {
        var first = text.AsSpan().IndexOfAny(s_letters);
        if (first < 0)
            return text;
        char[]? changed = null;
        for (var at = WordStart(text, first); at < text.Length;)
        {
            var end = at;
            while (end < text.Length && char.IsLetterOrDigit(text[end]))
                end++;
            if (end > at && IsLatin(text.AsSpan(at, end - at), isOpen && end == text.Length))
            {
                changed ??= text.ToCharArray();
                for (var i = at; i < end; i++)
                    changed[i] = s_latin.GetValueOrDefault(text[i], text[i]);
            }

            at = end;
            // On to the next word that has such a letter.
            var next = text.AsSpan(at).IndexOfAny(s_letters);
            if (next < 0)
                break;
            at = WordStart(text, at + next);
        }

        return changed is null ? text : new string(changed);
    }

    private static int WordStart(string text, int at)
    {
        while (at > 0 && char.IsLetterOrDigit(text[at - 1]))
            at--;
        return at;
    }

    /// <summary>Whether a word has look-alikes, and its other letters are Latin; at least one of them, unless it may go on.</summary>
    private static bool IsLatin(ReadOnlySpan<char> word, bool mayGoOn)
    {
        var (alike, latin) = (false, false);
        foreach (var letter in word)
        {
            if (char.IsDigit(letter))
                continue;
            if (s_letters.Contains(letter))
                alike = true;
            // The Latin letters and their composed forms; the next alphabet begins at U+0370.
            else if (letter < 0x250 || letter is >= '\u1E00' and <= '\u1EFF')
                latin = true;
            else
                return false;
        }

        return alike && (latin || mayGoOn);
    }

    private static Dictionary<char, char> LatinLetters()
    {
        var letters = new Dictionary<char, char>();
        for (var i = 0; i < Letters.Length; i++)
            letters[Letters[i]] = Latin[i];
        return letters;
    }
}
