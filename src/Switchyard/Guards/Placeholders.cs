using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace Switchyard.Guards;

/// <summary>
/// The texts masked in one call: the same text has the same placeholder in request and answer. Belongs to one call, on which one step works
/// at a time.
/// </summary>
internal sealed class Placeholders
{
    private readonly Dictionary<string, string> _byText = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _restored = new(StringComparer.Ordinal);
    private readonly HashSet<string> _beginnings = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);

    /// <summary>Whether any text is restored in the answer.</summary>
    public bool Restores => _restored.Count > 0;

    /// <summary>Replaces the matches by placeholders.</summary>
    /// <param name="text">The text.</param>
    /// <param name="matches">
    /// The matches in it. Of two that overlap, the first to begin wins, then the longer; what the other has after it is masked by itself.
    /// </param>
    /// <param name="restores">Whether the matches are restored in the answer.</param>
    public string Mask(ReadText text, IEnumerable<GuardMatch> matches, bool restores)
    {
        var written = text.Written;
        var masked = new StringBuilder(written.Length);
        var (done, inString) = (0, text.BeginsInString);
        foreach (var match in matches.OrderBy(match => match.Start).ThenByDescending(match => match.Length))
        {
            if (match.Start < 0 || match.Length <= 0 || match.Length > text.Read.Length - match.Start)
                continue;
            var (first, last) = (match.Start, match.Start + match.Length);
            while (first < last && text.PlaceOf(first) < done)
                first++;
            // A second JSON string beside the one that replaced a number would not be JSON.
            if (first == last || (first > match.Start && text.IsJson && !inString))
                continue;
            var (start, end) = (text.PlaceOf(first), text.PlaceOf(last));
            var placeholder = Of(match.Kind, text.Read[first..last], restores);
            inString = text.IsJson && ReadText.EndsInString(written.AsSpan(done, start - done), inString);
            if (text.IsJson && !inString)
            {
                // A JSON number becomes a JSON string.
                (start, end) = ValueAround(written, start, end, done);
                placeholder = $"\"{placeholder}\"";
            }

            masked.Append(written, done, start - done).Append(placeholder);
            inString = text.IsJson && ReadText.EndsInString(written.AsSpan(start, end - start), inString);
            done = end;
        }

        return done == 0 ? written : masked.Append(written, done, written.Length - done).ToString();
    }

    /// <summary>Restores what was masked, in time linear in the text. A restored text is not searched again.</summary>
    /// <param name="text">A text of the answer.</param>
    /// <param name="isJson">Whether the text is JSON, in which restored text is escaped.</param>
    public string Restore(string text, bool isJson)
    {
        if (_restored.Count == 0)
            return text;
        var byPlaceholder = _restored.GetAlternateLookup<ReadOnlySpan<char>>();
        StringBuilder? restored = null;
        var done = 0;
        for (var at = text.IndexOf('['); at >= 0;)
        {
            // No placeholder has a bracket inside.
            var length = text.AsSpan(at + 1).IndexOfAny('[', ']') + 2;
            if (length < 2)
                break;
            if (!byPlaceholder.TryGetValue(text.AsSpan(at, length), out var original))
            {
                at = text.IndexOf('[', at + length - 1);
                continue;
            }

            (restored ??= new StringBuilder(text.Length)).Append(text, done, at - done);
            restored.Append(isJson ? JavaScriptEncoder.Default.Encode(original) : original);
            done = at + length;
            at = text.IndexOf('[', done);
        }

        return restored is null ? text : restored.Append(text, done, text.Length - done).ToString();
    }

    /// <summary>The number of characters at the end of a text that may begin a placeholder.</summary>
    public int Undecided(string text)
    {
        if (_restored.Count == 0 || text.LastIndexOf('[') is not (>= 0 and var at))
            return 0;
        return _beginnings.GetAlternateLookup<ReadOnlySpan<char>>().Contains(text.AsSpan(at)) ? text.Length - at : 0;
    }

    /// <summary>Extends a match inside a JSON value that is not a string to the whole value, but not before an index.</summary>
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

        if (restores && _restored.TryAdd(placeholder, text))
        {
            // If a beginning is known, so are the shorter ones.
            var length = placeholder.Length - 1;
            while (length > 0 && _beginnings.Add(placeholder[..length]))
                length--;
        }

        return placeholder;
    }
}
