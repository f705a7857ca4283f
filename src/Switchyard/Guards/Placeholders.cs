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
    public string Mask(string text, IEnumerable<GuardMatch> matches, bool restores)
    {
        var masked = new StringBuilder(text.Length);
        var done = 0;
        foreach (var match in matches.OrderBy(match => match.Start).ThenByDescending(match => match.Length))
        {
            if (match.Start < done || match.Length <= 0 || match.Start + match.Length > text.Length)
                continue;
            masked.Append(text, done, match.Start - done).Append(Of(match.Kind, text.Substring(match.Start, match.Length), restores));
            done = match.Start + match.Length;
        }

        return done == 0 ? text : masked.Append(text, done, text.Length - done).ToString();
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
