namespace Switchyard.Providers;

/// <summary>How provider names are compared and which are near to one another.</summary>
internal static class ProviderNames
{
    private const int MaxSuggestions = 3;

    /// <summary>Trimmed and lower-cased; the same instance when nothing had to change.</summary>
    public static string Normalize(string? name) => name is null ? "" : name.Trim().ToLowerInvariant();

    /// <summary>Whether a name can be written before the slash of <c>provider/model</c>: letters, digits, <c>-</c>, <c>_</c> and <c>.</c>.</summary>
    public static bool IsValid(string name) =>
        name.Length is > 0 and <= 64 && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    /// <summary>Up to three candidates like the name, nearest first.</summary>
    public static IReadOnlyList<string> Nearest(string? name, IEnumerable<string> candidates)
    {
        var wanted = Normalize(name);
        if (wanted.Length == 0)
            return [];
        // Two slips in a short name, a third of a long one. A shared beginning counts as near however long the rest is.
        var limit = Math.Max(wanted.Length <= 3 ? 1 : 2, wanted.Length / 3);
        return
        [
            .. candidates
                .Select(candidate => (candidate, distance: Score(wanted, candidate, limit)))
                .Where(pair => pair.distance <= limit)
                .OrderBy(pair => pair.distance).ThenBy(pair => pair.candidate, StringComparer.Ordinal)
                .Select(pair => pair.candidate)
                .Take(MaxSuggestions),
        ];
    }

    private static int Score(string wanted, string candidate, int limit)
    {
        var shorter = Math.Min(wanted.Length, candidate.Length);
        if (shorter >= 3 && (candidate.StartsWith(wanted, StringComparison.OrdinalIgnoreCase) || wanted.StartsWith(candidate, StringComparison.OrdinalIgnoreCase)))
            return Math.Min(limit, Math.Abs(wanted.Length - candidate.Length));
        return Math.Abs(wanted.Length - candidate.Length) > limit ? int.MaxValue : Distance(wanted, candidate.ToLowerInvariant());
    }

    /// <summary>The Levenshtein distance, in one row of memory.</summary>
    private static int Distance(string a, string b)
    {
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
            row[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var above = row[j];
                var substitution = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                row[j] = Math.Min(substitution, Math.Min(above, row[j - 1]) + 1);
                diagonal = above;
            }
        }

        return row[b.Length];
    }
}
