namespace Switchyard.Targets;

/// <summary>Names of targets, <c>provider/model</c>, in a configuration. Pure.</summary>
internal static class TargetNames
{
    /// <summary>
    /// A target's name, or a pattern, with its provider's registered name: a configuration may use an alias of it. A name without a
    /// provider, or with a provider pattern, is unchanged.
    /// </summary>
    /// <param name="written">The name or pattern.</param>
    /// <param name="nameOf">Maps a provider's configured name to the name it is registered under.</param>
    public static string Registered(string written, Func<string, string> nameOf)
    {
        var slash = written.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && !written.AsSpan(0, slash).ContainsAny('*', '?') ? nameOf(written[..slash]) + written[slash..] : written;
    }

    /// <summary>The name of a provider or of a target, with the provider's registered name.</summary>
    /// <param name="written">The name: <c>acme</c> or <c>acme/model</c>.</param>
    /// <param name="nameOf">Maps a provider's configured name to the name it is registered under.</param>
    public static string ProviderOrTarget(string written, Func<string, string> nameOf)
    {
        var slash = written.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? nameOf(written) : nameOf(written[..slash]) + written[slash..];
    }

    /// <summary>
    /// Names and patterns as configured, which may be aliases too, followed by those that differ with their providers' registered names.
    /// </summary>
    /// <param name="written">The names and patterns.</param>
    /// <param name="nameOf">Maps a provider's configured name to the name it is registered under; null leaves names unchanged.</param>
    public static string[] WithRegistered(string[] written, Func<string, string>? nameOf)
    {
        if (nameOf is null)
            return written;
        string[] others =
        [
            .. written.Select(name => Registered(name, nameOf)).Except(written, StringComparer.OrdinalIgnoreCase),
        ];
        return others.Length == 0 ? written : [.. written, .. others];
    }

    /// <summary>Whether a registered provider has this name, with or without a version: <c>acme@2</c> is <c>acme</c>.</summary>
    /// <param name="provider">The provider's registered name.</param>
    /// <param name="name">The name; one with a version is only that version's.</param>
    public static bool IsProvider(string provider, ReadOnlySpan<char> name) =>
        provider.AsSpan().StartsWith(name, StringComparison.OrdinalIgnoreCase)
        && (provider.Length == name.Length || provider[name.Length] == '@');

    /// <summary>The name of a registered provider without its version; null if it has none.</summary>
    public static string? WithoutVersion(string provider) =>
        provider.IndexOf('@', StringComparison.Ordinal) is var at and >= 0 ? provider[..at] : null;
}
