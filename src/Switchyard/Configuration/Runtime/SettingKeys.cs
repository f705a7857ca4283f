using System.Collections;
using Switchyard.Configuration.Binding;

namespace Switchyard.Configuration.Runtime;

/// <summary>
/// Keys as users write them, parts joined by dots, although names may contain dots: <c>prices.openai/gpt-4.1.input</c> is resolved by
/// the existing names and by the keys of the options.
/// </summary>
internal static class SettingKeys
{
    /// <summary>The longest key that is read, several times as long as a real one.</summary>
    public const int LongestKey = 1000;

    /// <summary>The key in the form of <see cref="ConfigurationKeys"/>. A part that is not an option is kept, to be reported.</summary>
    /// <param name="key">The key.</param>
    /// <param name="options">The configuration in force, whose names are recognised.</param>
    /// <param name="isEntry">Whether the value is a whole entry, so that a name may extend to the end.</param>
    public static string Parse(string key, SwitchyardOptions options, bool isEntry)
    {
        // No setting has such a key. Each part is read by a call within that of the part before: thousands would exhaust the stack. Dots
        // alone would be the path of the whole configuration.
        if (key.Length > LongestKey || key.AsSpan().Trim(". ").IsEmpty)
            return ConfigurationKeys.Combine("", key);
        var path = key.Split(':') is [var first, _, ..] parts && OptionShape.Root.Find(first) is not null
            ? string.Join(':', parts)
            : Continue("", OptionShape.Root, options, key.Trim(), isEntry);
        return OptionPath.Normalize(path);
    }

    /// <summary>
    /// Why a parsed key names nothing; null if it is the key of a setting, a section or an entry. An entry need not exist.
    /// </summary>
    public static string? ProblemOf(string path)
    {
        var (shape, parts) = (OptionShape.Root, path.Split(':'));
        for (var i = 0; i < parts.Length; i++)
        {
            if (OptionPath.Find(string.Join(':', parts[..(i + 1)])) is not { } found)
            {
                var near = NearestName.Suggestion(ConfigurationKeys.NameOf(parts[i]), shape.Properties.Select(property => property.Name));
                return ConfigurationKeys.Sentence($"There is no setting '{ConfigurationKeys.Display(path)}'{near}");
            }

            shape = found.Shape;
        }

        return null;
    }

    /// <summary>Whether a parsed key is that of an entry: of a map, or beside the settings of a section (<c>budgets.daily</c>).</summary>
    public static bool IsOfEntry(string path) =>
        path.LastIndexOf(':') is > 0 and var at && OptionPath.Find(path[..at]) is { Shape: var above }
        && (above.Kind == OptionKind.Map
            || (above.Others is not null && above.Find(ConfigurationKeys.NameOf(path[(at + 1)..])) is null));

    private static string Continue(string path, OptionShape shape, object? target, string rest, bool isEntry)
    {
        if (rest.Length == 0)
            return path;
        var (part, after) = Split(rest, rest.IndexOf('.', StringComparison.Ordinal));
        switch (shape.Kind)
        {
            case OptionKind.Object when shape.Find(part) is { } property:
                var value = target is null ? null : property.Member.GetValue(target);
                return Continue(ConfigurationKeys.Combine(path, property.Name), property.Shape, value, after, isEntry);
            case OptionKind.Object when shape.Others is { } others:
                return Entry(path, others.Shape, target is null ? null : others.Member.GetValue(target) as IDictionary, rest, isEntry);
            case OptionKind.Map:
                return Entry(path, shape, target as IDictionary, rest, isEntry);
            default:
                return Continue(ConfigurationKeys.Combine(path, part), shape, null, after, isEntry);
        }
    }

    private static string Entry(string path, OptionShape map, IDictionary? entries, string rest, bool isEntry)
    {
        var element = map.Element!;
        var known = (entries?.Keys.Cast<string>() ?? []).Where(name => IsAt(rest, name)).MaxBy(name => name.Length);
        var length = known?.Length ?? NameLength(element, rest, isEntry);
        var (name, after) = Split(rest, length == rest.Length ? -1 : length);
        return Continue(
            ConfigurationKeys.Combine(path, known ?? name), element, known is null ? null : entries![known], after, isEntry);
    }

    /// <summary>The length of the name of a new entry at the beginning of the rest: it ends where a key of the entry begins.</summary>
    private static int NameLength(OptionShape element, string rest, bool isEntry)
    {
        if (element.Kind != OptionKind.Object)
            return rest.Length;
        var first = rest.IndexOf('.', StringComparison.Ordinal);
        for (var dot = first; dot >= 0; dot = rest.IndexOf('.', dot + 1))
        {
            var (next, _) = Split(rest[(dot + 1)..], rest[(dot + 1)..].IndexOf('.', StringComparison.Ordinal));
            if (element.Find(next) is not null)
                return dot;
        }

        return isEntry || first < 0 ? rest.Length : first;
    }

    private static bool IsAt(string rest, string name) =>
        rest.StartsWith(name, StringComparison.OrdinalIgnoreCase) && (rest.Length == name.Length || rest[name.Length] == '.');

    private static (string Part, string After) Split(string text, int at) => at < 0 ? (text, "") : (text[..at], text[(at + 1)..]);
}
