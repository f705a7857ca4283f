namespace Switchyard.Common;

/// <summary>Finds the existing names nearest to an unknown one, for "did you mean" in messages.</summary>
internal static class NearNames
{
    private const int LongestCompared = 128;

    /// <summary>
    /// The candidates within a small edit distance, nearest first: 1 edit for a name of up to 3 letters, 2 up to 8, a third of the letters
    /// beyond. A candidate that continues the name, or begins it (3 letters at least), is near however long the rest is. Upper and lower
    /// case, <c>-</c> and <c>_</c> are the same.
    /// </summary>
    public static IReadOnlyList<string> Find(string? name, IEnumerable<string> candidates, int most = 3)
    {
        var wanted = name?.Trim() ?? "";
        if (wanted.Length is 0 or > LongestCompared)
            return [];
        var limit = Math.Max(wanted.Length <= 3 ? 1 : 2, wanted.Length / 3);
        return
        [
            .. candidates
                .Where(candidate => candidate.Length is > 0 and <= LongestCompared)
                .Distinct(StringComparer.Ordinal)
                .Select(candidate => (Name: candidate, Edits: Edits(wanted, candidate, limit)))
                .Where(match => match.Edits <= limit)
                .OrderBy(match => match.Edits).ThenBy(match => match.Name, StringComparer.Ordinal)
                .Take(most)
                .Select(match => match.Name),
        ];
    }

    private static int Edits(string wanted, string candidate, int limit)
    {
        var missing = Math.Abs(wanted.Length - candidate.Length);
        var shorter = Math.Min(wanted.Length, candidate.Length);
        if (shorter >= 3 && Enumerable.Range(0, shorter).All(i => Same(wanted[i], candidate[i])))
            return Math.Min(limit, missing);
        return missing > limit ? int.MaxValue : Distance(wanted, candidate);
    }

    /// <summary>The Damerau-Levenshtein distance: letters inserted, removed, replaced, or swapped with their neighbour.</summary>
    private static int Distance(string left, string right)
    {
        Span<int> beforeLast = stackalloc int[LongestCompared + 1];
        Span<int> last = stackalloc int[LongestCompared + 1];
        Span<int> current = stackalloc int[LongestCompared + 1];
        for (var column = 0; column <= right.Length; column++)
            last[column] = column;

        for (var row = 1; row <= left.Length; row++)
        {
            current[0] = row;
            for (var column = 1; column <= right.Length; column++)
            {
                var same = Same(left[row - 1], right[column - 1]);
                var best = Math.Min(Math.Min(last[column] + 1, current[column - 1] + 1), last[column - 1] + (same ? 0 : 1));
                if (row > 1 && column > 1 && Same(left[row - 1], right[column - 2]) && Same(left[row - 2], right[column - 1]))
                    best = Math.Min(best, beforeLast[column - 2] + 1);
                current[column] = best;
            }

            var spare = beforeLast;
            beforeLast = last;
            last = current;
            current = spare;
        }

        return last[right.Length];
    }

    private static bool Same(char left, char right) => Fold(left) == Fold(right);

    private static char Fold(char letter) => letter == '-' ? '_' : char.ToLowerInvariant(letter);
}
