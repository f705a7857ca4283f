using System.Text;
using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>
/// Keys as Microsoft.Extensions.Configuration holds them: parts joined by colons. A colon inside a name, as in the alias
/// <c>llama3:8b</c>, is replaced by U+001F, so that it does not split the name.
/// </summary>
internal static class ConfigurationKeys
{
    private const char HiddenColon = '\u001f';
    private const int LongestShown = 100;

    public static string Combine(string parent, string name)
    {
        var part = name.Replace(':', HiddenColon);
        return parent.Length == 0 ? part : ConfigurationPath.Combine(parent, part);
    }

    public static string Combine(params ReadOnlySpan<string> names)
    {
        var path = "";
        foreach (var name in names)
            path = Combine(path, name);
        return path;
    }

    /// <summary>The name of a part as the user wrote it.</summary>
    public static string NameOf(string part) => part.Replace(HiddenColon, ':');

    /// <summary>The key as messages show it: parts joined by dots.</summary>
    public static string Display(string path)
    {
        var parts = path.Split(':');
        var colons = parts[0].Equals("models", StringComparison.OrdinalIgnoreCase);
        return Shorten(string.Join('.', parts.Select(part => DisplayName(NameOf(part), colons))));
    }

    /// <summary>
    /// The key of a setting in force as users write it: parts joined by dots, with whole names. Unlike <see cref="Display"/> it is unique,
    /// and a client can send it back. Control characters are replaced: it is printed in terminals.
    /// </summary>
    public static string Write(string path)
    {
        var key = string.Join('.', path.Split(':').Select(NameOf));
        return key.Any(char.IsControl) ? string.Concat(key.Select(letter => char.IsControl(letter) ? '\ufffd' : letter)) : key;
    }

    /// <summary>
    /// A name as messages show it: cut at the first character other than a letter, a digit or one of <c>. - _ / @ *</c>. A secret becomes
    /// part of a key when the colon is missing, as in <c>{ key sk-… }</c> or <c>{ key=sk-… }</c>.
    /// </summary>
    public static string DisplayName(string name, bool colons = false)
    {
        var length = 0;
        while (length < name.Length && IsShown(name[length]))
            length++;
        return length == name.Length ? name : string.Concat(name.AsSpan(0, length), "…");

        bool IsShown(char letter) =>
            char.IsLetterOrDigit(letter) || letter is '.' or '-' or '_' or '/' or '@' or '*' || (colons && letter == ':');
    }

    /// <summary>A problem as a sentence: with its full stop, unless it ends with a question.</summary>
    public static string Sentence(string problem) => problem.EndsWith('?') ? problem : $"{problem}.";

    /// <summary>Text as messages show it: at most 100 characters, without control characters and lone surrogates.</summary>
    public static string Shorten(string text)
    {
        var shown = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (shown.Length >= LongestShown)
                return shown.Append('…').ToString();
            shown.Append(Rune.IsControl(rune) ? Rune.ReplacementChar : rune);
        }

        return shown.ToString();
    }
}
