using System.Text;

namespace Switchyard.Attempts;

/// <summary>
/// Joins the beginning of a continued answer to the text its client has: text that the new target repeats is left out. It holds text back
/// as long as that may be a repetition. Not thread-safe.
/// </summary>
/// <param name="said">The text the client has got.</param>
internal sealed class TextSeam(string said)
{
    // Fewer characters may match by chance, unless they are whole words.
    private const int LongEnough = 8;
    private const int LongEnoughForWords = 3;

    private StringBuilder? _held = new();

    /// <summary>Takes the next text of the new target.</summary>
    /// <returns>The text that the client does not have yet; empty while that is unknown.</returns>
    public string Take(string text)
    {
        if (_held is null)
            return text;
        _held.Append(text);
        // While all of it repeats earlier text, the next text may repeat more.
        return said.Contains(_held.ToString().TrimStart(), StringComparison.Ordinal) ? "" : Close();
    }

    /// <summary>Ends the held text: no text follows before something else does.</summary>
    /// <returns>The held text that the client does not have yet.</returns>
    public string Close()
    {
        if (_held is null)
            return "";
        var held = _held.ToString();
        _held = null;
        var text = held.TrimStart();
        var repeated = RepeatedIn(text);
        if (repeated > 0)
            return text[repeated..];
        return said.Length > 0 && char.IsWhiteSpace(said[^1]) ? text : held;
    }

    /// <summary>The number of characters at the beginning of a text that repeat the end of the earlier text.</summary>
    private int RepeatedIn(string text)
    {
        var end = said.AsSpan();
        for (var length = Math.Min(text.Length, said.Length); length >= LongEnoughForWords; length--)
        {
            if (!end.EndsWith(text.AsSpan(0, length), StringComparison.Ordinal))
                continue;
            var start = said.Length - length;
            if (length >= LongEnough || start == 0 || !char.IsLetterOrDigit(said[start - 1]))
                return length;
        }

        return 0;
    }
}
