using System.IO.Enumeration;

namespace Switchyard.Providers;

/// <summary>
/// Decides without a request whether a bare model name is a provider's: by configured names, and by globs, of which one beginning with
/// <c>!</c> excludes names. Its live list is not used: the meaning of a name must not depend on whether models were listed before.
/// Allocates nothing.
/// </summary>
internal sealed class ModelMatcher(IReadOnlyList<string> patterns, IEnumerable<string> names)
{
    private readonly string[] _patterns = [.. patterns.Where(pattern => !pattern.StartsWith('!'))];
    private readonly string[] _exceptions = [.. patterns.Where(pattern => pattern.StartsWith('!')).Select(pattern => pattern[1..])];
    private readonly HashSet<string> _names = names.ToHashSet(StringComparer.Ordinal);

    public bool Matches(string? model)
    {
        if (string.IsNullOrEmpty(model))
            return false;
        if (_names.Contains(model))
            return true;
        return MatchesAny(_patterns, model) && !MatchesAny(_exceptions, model);
    }

    private static bool MatchesAny(string[] patterns, string model)
    {
        foreach (var pattern in patterns)
        {
            if (FileSystemName.MatchesSimpleExpression(pattern, model, ignoreCase: false))
                return true;
        }

        return false;
    }
}
