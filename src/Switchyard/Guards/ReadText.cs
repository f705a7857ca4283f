using System.Globalization;
using System.Text;

namespace Switchyard.Guards;

/// <summary>
/// A text as guards read it. Escapes in JSON are decoded, so that a word is found in any spelling and its replacement keeps the JSON valid.
/// Immutable.
/// </summary>
internal sealed class ReadText
{
    /// <summary>The length of an escape <c>\u00E9</c>.</summary>
    public const int UnitLength = 6;

    // The position in the written text of each decoded character; null if nothing is escaped.
    private readonly int[]? _places;

    private ReadText(string written, string read, int[]? places, bool isJson, bool beginsInString)
    {
        (Written, Read, IsJson, BeginsInString) = (written, read, isJson, beginsInString);
        _places = places;
    }

    /// <summary>The text as it is written.</summary>
    public string Written { get; }

    /// <summary>The decoded text; positions of matches refer to it.</summary>
    public string Read { get; }

    /// <summary>Whether the text is JSON.</summary>
    public bool IsJson { get; }

    /// <summary>For JSON: whether it begins inside a string, as the rest of a longer text may.</summary>
    public bool BeginsInString { get; }

    /// <summary>Creates the text for guards that scan it themselves.</summary>
    public static ReadText Of(string text, bool isJson, bool beginsInString = false)
    {
        if (!isJson || !text.Contains('\\', StringComparison.Ordinal))
            return new(text, text, null, isJson, beginsInString);
        var read = new StringBuilder(text.Length);
        var places = new List<int>(text.Length + 1);
        for (var at = 0; at < text.Length;)
        {
            places.Add(at);
            at += ReadLetter(text, at, out var letter);
            read.Append(letter);
        }

        places.Add(text.Length);
        return new(text, read.ToString(), [.. places], isJson, beginsInString);
    }

    /// <summary>Creates the text for guards that ask a service: as it is written.</summary>
    public static ReadText AsWritten(string text, bool isJson) => new(text, text, null, isJson, beginsInString: false);

    /// <summary>The position of a decoded character in the written text; for the decoded length, the end of the written text.</summary>
    public int PlaceOf(int letter) => _places is null ? letter : _places[letter];

    /// <summary>The first characters of it.</summary>
    public ReadText First(int letters) => new(Written[..PlaceOf(letters)], Read[..letters], _places, IsJson, BeginsInString);

    /// <summary>Whether a text of JSON ends inside a string.</summary>
    /// <param name="json">The text, which must not be cut inside an escape.</param>
    /// <param name="beginsInString">Whether it begins inside a string.</param>
    public static bool EndsInString(ReadOnlySpan<char> json, bool beginsInString)
    {
        var inString = beginsInString;
        for (var i = 0; i < json.Length; i++)
        {
            if (json[i] == '"')
                inString = !inString;
            else if (json[i] == '\\' && inString)
                i++;
        }

        return inString;
    }

    /// <summary>The number of characters at the end of a JSON text that begin an escape which continues after it.</summary>
    public static int CutEscape(string json)
    {
        var at = json.LastIndexOf('\\');
        if (at < 0)
            return 0;
        var before = at;
        while (before > 0 && json[before - 1] == '\\')
            before--;
        // An escaped backslash does not begin an escape.
        if ((at - before) % 2 == 1)
            return 0;
        var length = json.Length - at;
        return length == 1 || (json[at + 1] == 'u' && length < 6) ? length : 0;
    }

    /// <summary>Reads the character of an escape <c>\u00E9</c> at a position; false if there is none.</summary>
    public static bool TryReadUnit(string json, int at, out char letter)
    {
        var isUnit = ushort.TryParse(
            json.Length - at >= UnitLength && json[at] == '\\' && json[at + 1] == 'u' ? json.AsSpan(at + 2, UnitLength - 2) : default,
            NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit);
        letter = (char)unit;
        return isUnit;
    }

    /// <summary>Decodes one character of JSON.</summary>
    /// <returns>The number of characters that it is written in.</returns>
    private static int ReadLetter(string json, int at, out char letter)
    {
        letter = json[at];
        if (letter != '\\' || at + 1 == json.Length)
            return 1;
        var escaped = json[at + 1];
        if (escaped == 'u')
        {
            if (!TryReadUnit(json, at, out var unit))
                return 1;
            letter = unit;
            return UnitLength;
        }

        letter = escaped switch { 'n' => '\n', 'r' => '\r', 't' => '\t', 'b' => '\b', 'f' => '\f', _ => escaped };
        return 2;
    }
}
