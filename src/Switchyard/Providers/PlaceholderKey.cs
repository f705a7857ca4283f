using System.Text.RegularExpressions;

namespace Switchyard.Providers;

/// <summary>Recognises placeholders for a key, such as <c>your-api-key</c>, that users are meant to replace in sample files.</summary>
internal static partial class PlaceholderKey
{
    /// <summary>Whether the text is blank or a placeholder.</summary>
    public static bool Matches(string? text) => string.IsNullOrWhiteSpace(text) || Sample().IsMatch(text.Trim());

    [GeneratedRegex(
        """^(your[-_ ].*|.*[-_ ]?your[-_ ]?(api[-_ ]?)?(key|token)([-_ ]?here)?|<.*>|\[.*\]|\$\{.*\}|\{\{.*\}\}|"""
        + """change[-_ ]?me|replace[-_ ]?me|placeholder|todo|none|null|undefined|insert[-_ ].*|(sk-)?\.{3,}|(sk-)?x{3,}|(sk-)?\*{3,})$""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Sample();
}
