namespace Switchyard.Providers;

/// <summary>Names of providers that hold a version, <c>name@version</c>, and which of two versions is newer.</summary>
internal static class ProviderVersions
{
    private const int Longest = 64;

    /// <summary>Older before newer: by numbers where both have one at a place, else by letters; <c>1</c> before <c>1.1</c>.</summary>
    public static IComparer<string> Comparer { get; } = Comparer<string>.Create(Compare);

    /// <summary>Whether a name is one with a version.</summary>
    public static bool IsVersioned(string name) =>
        name.Length <= Longest && Split(name) is (var bare, { } version) && ProviderNames.IsValid(bare) && ProviderNames.IsValid(version);

    /// <summary>The name and the version in it; null where there is none.</summary>
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
