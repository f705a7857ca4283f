using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>
/// Keys as Microsoft.Extensions.Configuration holds them: parts joined by colons. A colon inside a name, as in the alias
/// <c>llama3:8b</c>, travels under another character so that it does not split the name.
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
    public static string Display(string path) => Shorten(path.Replace(':', '.').Replace(HiddenColon, ':'));

    /// <summary>Text as messages show it: bounded, on one line.</summary>
    public static string Shorten(string text)
    {
        var shown = text.Length <= LongestShown ? text : string.Concat(text.AsSpan(0, LongestShown), "…");
        return shown.Any(char.IsControl)
            ? string.Concat(shown.Select(character => char.IsControl(character) ? '\ufffd' : character))
            : shown;
    }
}
