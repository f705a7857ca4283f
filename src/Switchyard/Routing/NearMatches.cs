namespace Switchyard.Routing;

/// <summary>Names that a misspelt one may have meant.</summary>
internal static class NearMatches
{
    private const int Most = 3;
    private const int LongestCompared = 128;

    /// <summary>Up to three known names within a third of the asked name's length in edits, nearest first.</summary>
    public static IReadOnlyList<string> Find(string asked, IEnumerable<string> known)
    {
        if (asked.Length is 0 or > LongestCompared)
            return [];
        var limit = Math.Max(1, asked.Length / 3);
        return [.. known
            .Where(name => name.Length <= LongestCompared)
            .Distinct(StringComparer.Ordinal)
            .Select(name => (Name: name, Distance: Distance(asked, name)))
            .Where(candidate => candidate.Distance <= limit)
            .OrderBy(candidate => candidate.Distance).ThenBy(candidate => candidate.Name, StringComparer.Ordinal)
            .Take(Most)
            .Select(candidate => candidate.Name)];
    }

    /// <summary>How many insertions, deletions and replacements lead from one name to the other, upper and lower case alike.</summary>
    private static int Distance(string a, string b)
    {
        var previous = new int[b.Length + 1];
        var current = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
            previous[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var same = char.ToLowerInvariant(a[i - 1]) == char.ToLowerInvariant(b[j - 1]);
                current[j] = Math.Min(Math.Min(current[j - 1], previous[j]) + 1, previous[j - 1] + (same ? 0 : 1));
            }

            (previous, current) = (current, previous);
        }

        return previous[b.Length];
    }
}
