using System.Diagnostics.CodeAnalysis;

namespace Switchyard.Configuration;

/// <summary>
/// A setting that names a secret instead of holding it: <c>{ secret: "anthropic/a" }</c> in a file, <c>secret://anthropic/a</c> as text,
/// for variables and code. The engine reads it from the stores of <c>secrets</c>, and again when they change.
/// </summary>
public static class SecretReference
{
    /// <summary>The key under which a map names a secret.</summary>
    internal const string Key = "secret";

    private const string Prefix = "secret://";

    /// <summary>The text that refers to a secret, in any setting that is marked as secret.</summary>
    /// <param name="name">The secret's name in its store.</param>
    public static string To(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return Prefix + name.Trim();
    }

    /// <summary>Whether a setting is a reference, and the name in it.</summary>
    public static bool TryRead([NotNullWhen(true)] string? setting, [NotNullWhen(true)] out string? name)
    {
        name = null;
        if (setting is null || !setting.AsSpan().Trim().StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            return false;
        name = setting.AsSpan().Trim()[Prefix.Length..].Trim().ToString();
        return true;
    }
}
