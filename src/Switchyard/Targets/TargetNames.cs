namespace Switchyard.Targets;

/// <summary>Names of targets, <c>provider/model</c>, as a configuration writes them. Pure.</summary>
internal static class TargetNames
{
    /// <summary>
    /// A target's name, or a pattern of such, with its provider under the name that it is registered under: a configuration may write
    /// another name of it. What names no provider, or a pattern of them, stays as it is.
    /// </summary>
    /// <param name="written">The name or pattern.</param>
    /// <param name="nameOf">From a provider's name as written to the one it is registered under.</param>
    public static string Registered(string written, Func<string, string> nameOf)
    {
        var slash = written.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && !written.AsSpan(0, slash).ContainsAny('*', '?') ? nameOf(written[..slash]) + written[slash..] : written;
    }

    /// <summary>
    /// Names and patterns as they are written, which may be those of aliases too, and behind them those that are others with their
    /// providers' registered names.
    /// </summary>
    /// <param name="written">The names and patterns.</param>
    /// <param name="nameOf">From a provider's name as written to the one it is registered under; null leaves them as they are.</param>
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
}
