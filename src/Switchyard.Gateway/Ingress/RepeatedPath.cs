using Switchyard.Common;

namespace Switchyard.Gateway.Ingress;

/// <summary>
/// Recognises a path that repeats a slash or a version: the client appends to its base URL a part that the base URL has already.
/// </summary>
internal static class RepeatedPath
{
    /// <summary>The sentence that names the right path; null if nothing is repeated.</summary>
    public static string? Hint(string path) => WithoutRepeats(path) is var corrected && corrected != path
        ? $"Did you mean {Sanitizer.Clean(corrected)}? The path repeats "
            + (path.Contains("//", StringComparison.Ordinal) ? "a slash" : "a version")
            + ": the client appends a part that its base URL has already."
        : null;

    /// <summary>
    /// The path without repeated slashes, and with one version instead of two in a row: the second one, which the client appended.
    /// </summary>
    private static string WithoutRepeats(string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length == 0)
            return path;
        var kept = parts.Where((part, i) => !IsVersion(part) || i + 1 == parts.Length || !IsVersion(parts[i + 1]));
        var corrected = "/" + string.Join('/', kept);
        return path.EndsWith('/') ? corrected + "/" : corrected;

        static bool IsVersion(string part) => part is "v1" or "v1beta";
    }
}
