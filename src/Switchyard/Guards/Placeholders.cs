using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Switchyard.Guards;

/// <summary>
/// What was masked in one call: the same text has the same placeholder, in request and answer. Belongs to one call, which one step at a
/// time works on.
/// </summary>
internal sealed class Placeholders
{
    private readonly Dictionary<string, string> _byText = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _restored = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);

    /// <summary>Whether something is put back into the answer.</summary>
    public bool Restores => _restored.Count > 0;

    /// <summary>Replaces what was found.</summary>
    /// <param name="text">The text.</param>
    /// <param name="matches">What was found in it. Of two that overlap the one that begins first counts, and the longer.</param>
    /// <param name="restores">Whether it is put back into the answer.</param>
    public string Mask(ReadText text, IEnumerable<GuardMatch> matches, bool restores)
    {
        var written = text.Written;
        var masked = new StringBuilder(written.Length);
        var (done, inString) = (0, text.BeginsInString);
        foreach (var match in matches.OrderBy(match => match.Start).ThenByDescending(match => match.Length))
        {
            if (match.Start < 0 || match.Length <= 0 || match.Length > text.Read.Length - match.Start)
                continue;
            var (start, end) = (text.PlaceOf(match.Start), text.PlaceOf(match.Start + match.Length));
            if (start < done)
                continue;
            var placeholder = Of(match.Kind, text.Read.Substring(match.Start, match.Length), restores);
            inString = text.IsJson && ReadText.EndsInString(written.AsSpan(done, start - done), inString);
            if (text.IsJson && !inString)
            {
                // A number: JSON has a string in its place.
                (start, end) = ValueAround(written, start, end, done);
                placeholder = $"\"{placeholder}\"";
            }

            masked.Append(written, done, start - done).Append(placeholder);
            inString = text.IsJson && ReadText.EndsInString(written.AsSpan(start, end - start), inString);
            done = end;
        }

        return done == 0 ? written : masked.Append(written, done, written.Length - done).ToString();
    }

    /// <summary>Puts back what was masked.</summary>
    /// <param name="text">A text of the answer.</param>
    /// <param name="isJson">Whether it is the text of JSON, in which what is put back is escaped.</param>
    public string Restore(string text, bool isJson)
    {
        if (_restored.Count == 0 || !text.Contains('[', StringComparison.Ordinal))
            return text;
        foreach (var (placeholder, original) in _restored)
            text = text.Replace(placeholder, isJson ? JsonEncodedText.Encode(original).ToString() : original, StringComparison.Ordinal);
        return text;
    }

    /// <summary>How many of the last letters of a text may be the beginning of a placeholder.</summary>
    public int Undecided(string text)
    {
        if (_restored.Count == 0 || text.LastIndexOf('[') is not (>= 0 and var at))
            return 0;
        var end = text[at..];
        return _restored.Keys.Any(placeholder => placeholder.Length > end.Length && placeholder.StartsWith(end, StringComparison.Ordinal))
            ? end.Length
            : 0;
    }

    /// <summary>All of a value of JSON that is no string, from what was found in it; nothing before an index is taken.</summary>
    private static (int Start, int End) ValueAround(string json, int start, int end, int from)
    {
        while (start > from && IsOfNumber(json[start - 1]))
            start--;
        while (end < json.Length && IsOfNumber(json[end]))
            end++;
        return (start, end);
    }

    private static bool IsOfNumber(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '+' or '-';

    private string Of(string kind, string text, bool restores)
    {
        if (!_byText.TryGetValue(text, out var placeholder))
        {
            var name = GuardLog.Clean(kind).ToUpperInvariant();
            var number = _counts[name] = _counts.GetValueOrDefault(name) + 1;
            _byText[text] = placeholder = $"[{name}_{number.ToString(CultureInfo.InvariantCulture)}]";
        }

        if (restores)
            _restored[placeholder] = text;
        return placeholder;
    }
}
