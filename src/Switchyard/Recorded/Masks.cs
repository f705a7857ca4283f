namespace Switchyard.Recorded;

/// <summary>The mask that replaces a secret in a recording, and the match with a request that still has the secret.</summary>
internal static class Masks
{
    /// <summary>The mask in place of a secret.</summary>
    public const string Mask = "***";

    /// <summary>Whether a text equals a recorded one, with any text in place of its masks.</summary>
    public static bool Matches(string recorded, string asked)
    {
        var parts = recorded.Split(Mask);
        if (parts.Length == 1 || !asked.StartsWith(parts[0], StringComparison.Ordinal))
            return false;
        var at = parts[0].Length;
        for (var i = 1; i < parts.Length - 1; i++)
        {
            var found = asked.IndexOf(parts[i], at, StringComparison.Ordinal);
            if (found < 0)
                return false;
            at = found + parts[i].Length;
        }

        return asked.Length - at >= parts[^1].Length && asked.EndsWith(parts[^1], StringComparison.Ordinal);
    }
}
