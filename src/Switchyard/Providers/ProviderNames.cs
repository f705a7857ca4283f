namespace Switchyard.Providers;

/// <summary>Normalizes and validates provider names.</summary>
internal static class ProviderNames
{
    /// <summary>Trimmed and lower-cased; the same instance if nothing had to change.</summary>
    public static string Normalize(string? name) => name is null ? "" : name.Trim().ToLowerInvariant();

    /// <summary>
    /// Whether a name is valid before the slash of <c>provider/model</c>: at most 64 letters, digits, <c>-</c>, <c>_</c> and <c>.</c>, a
    /// letter or digit first.
    /// </summary>
    public static bool IsValid(string name) =>
        name.Length is > 0 and <= 64
        && char.IsAsciiLetterOrDigit(name[0])
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
