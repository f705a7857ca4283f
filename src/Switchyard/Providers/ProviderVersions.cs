namespace Switchyard.Providers;

/// <summary>Provider names with a version, <c>name@version</c>, and the order of versions.</summary>
internal static class ProviderVersions
{
    private const int Longest = 64;

    /// <summary>Older before newer: numerically where both have a number, else alphabetically; <c>1</c> before <c>1.1</c>.</summary>
    public static IComparer<string> Comparer { get; } = Comparer<string>.Create(Compare);

    /// <summary>Whether a name contains a version.</summary>
    public static bool IsVersioned(string name) =>
        name.Length <= Longest && Split(name) is (var bare, { } version) && ProviderNames.IsValid(bare) && ProviderNames.IsValid(version);

    /// <summary>The name and its version; null if it has none.</summary>
    public static (string Bare, string? Version) Split(string name)
    {
        var at = name.IndexOf('@', StringComparison.Ordinal);
        return at < 0 ? (name, null) : (name[..at], name[(at + 1)..]);
    }

    private static int Compare(string? left, string? right)
    {
        var (mine, theirs) = ((left ?? "").Split('.', '-'), (right ?? "").Split('.', '-'));
        for (var i = 0; i < Math.Min(mine.Length, theirs.Length); i++)
        {
            var order = long.TryParse(mine[i], out var a) && long.TryParse(theirs[i], out var b)
                ? a.CompareTo(b)
                : string.CompareOrdinal(mine[i], theirs[i]);
            if (order != 0)
                return order;
        }

        return mine.Length.CompareTo(theirs.Length);
    }
}
