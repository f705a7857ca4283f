using System.Text.RegularExpressions;

namespace Switchyard.Providers;

/// <summary>Recognises what stands in a key variable without being a key: what sample files put there for the user to replace.</summary>
internal static partial class PlaceholderKey
{
    public static bool IsOne(string? text) => string.IsNullOrWhiteSpace(text) || Sample().IsMatch(text.Trim());

    [GeneratedRegex(
        """^(your[-_ ].*|.*[-_ ]?your[-_ ]?(api[-_ ]?)?(key|token)([-_ ]?here)?|<.*>|\[.*\]|\$\{.*\}|\{\{.*\}\}|change[-_ ]?me|replace[-_ ]?me|placeholder|todo|none|null|undefined|insert[-_ ].*|(sk-)?\.{3,}|(sk-)?x{3,}|(sk-)?\*{3,})$""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Sample();
}
