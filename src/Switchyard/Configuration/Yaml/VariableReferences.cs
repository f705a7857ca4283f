using System.Text;
using System.Text.RegularExpressions;

namespace Switchyard.Configuration.Yaml;

/// <summary>
/// <c>${NAME}</c> and <c>${NAME:-default}</c> in the values of a file; <c>$${NAME}</c> stays as <c>${NAME}</c>. The default is taken
/// if the variable is unset or empty, as in a shell. The content of a variable is never read as YAML, so it cannot add settings.
/// </summary>
internal static partial class VariableReferences
{
    /// <summary>Private characters that replace ASCII ones while YAML is parsed, which does not allow <c>{ key: ${NAME} }</c>.</summary>
    private const char FirstMask = '\uf800';

    [GeneratedRegex(@"\$\{[^{}\r\n]*\}", RegexOptions.CultureInvariant)]
    private static partial Regex Reference { get; }

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]*$", RegexOptions.CultureInvariant)]
    private static partial Regex VariableName { get; }

    public static bool IsMask(char character) => character is >= FirstMask and < (char)(FirstMask + 128);

    /// <summary>Hides references from the YAML parser. Every character keeps its place, so lines and columns stay correct.</summary>
    public static string Mask(string yaml) => Reference.Replace(yaml, static match => string.Concat(match.Value.Select(MaskOf)));

    /// <summary>Undoes <see cref="Mask"/>.</summary>
    public static string Unmask(string text) => !text.Any(IsMask)
        ? text
        : string.Concat(text.Select(character => IsMask(character) ? (char)(character - FirstMask) : character));

    /// <summary>Expands the references. Returns the problem, or null; the text of a failed reference is left out.</summary>
    public static string? Expand(string text, IReadOnlyDictionary<string, string> environment, out string expanded)
    {
        string? problem = null;
        var result = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length;)
        {
            var start = text.IndexOf("${", at, StringComparison.Ordinal);
            if (start < 0)
            {
                result.Append(text, at, text.Length - at);
                break;
            }

            result.Append(text, at, start - at);
            if (start > at && text[start - 1] == '$')
            {
                // An escaped reference: the first dollar sign is already in the result and becomes the only one.
                result.Append('{');
                at = start + 2;
                continue;
            }

            var end = text.IndexOf('}', start);
            if (end < 0)
            {
                problem ??= "'${' is not closed by '}'; write '$${' for the two characters themselves";
                break;
            }

            problem ??= Append(result, text[(start + 2)..end], environment);
            at = end + 1;
        }

        expanded = result.ToString();
        return problem;
    }

    private static char MaskOf(char character) => char.IsAscii(character) ? (char)(FirstMask + character) : character;

    private static string? Append(StringBuilder result, string reference, IReadOnlyDictionary<string, string> environment)
    {
        var split = reference.IndexOf(":-", StringComparison.Ordinal);
        var name = split < 0 ? reference : reference[..split];

        // The name is not repeated: it may be the secret itself, put between the braces by mistake.
        if (!VariableName.IsMatch(name))
            return "'${…}' must hold the name of an environment variable: letters, digits and '_', not starting with a digit";

        // It ends at the first brace, so that the rest of the outer reference would become part of the value.
        if (split >= 0 && reference.IndexOf("${", split, StringComparison.Ordinal) >= 0)
            return "the default of '${NAME:-default}' cannot hold another '${…}'; write the default out, or name one variable";

        var found = environment.TryGetValue(name, out var value);
        if (split >= 0 && string.IsNullOrEmpty(value))
            value = reference[(split + 2)..];
        else if (!found)
        {
            var shown = ConfigurationKeys.Shorten(name);
            return $"the environment variable {shown} is not set; set it, or give a default: ${{{shown}:-default}}";
        }

        result.Append(value);
        return null;
    }
}
