using System.Net;

namespace Switchyard.Configuration;

/// <summary>
/// Whether the gateway may listen on its configured addresses. Without client keys any client that reaches the port spends the owner's
/// money, so only loopback addresses, Unix sockets and named pipes are allowed then.
/// </summary>
public static class ListenAddressPolicy
{
    /// <summary>The reason to refuse, with the remedies; null if it is safe.</summary>
    /// <param name="urls">Addresses separated by semicolons, as Kestrel takes them.</param>
    /// <param name="hasKeys">Whether clients must present a key.</param>
    /// <param name="insecure">Whether the user passed <c>--insecure</c>.</param>
    public static string? Check(string urls, bool hasKeys, bool insecure)
    {
        if (hasKeys || insecure)
            return null;
        var open = Split(urls).FirstOrDefault(url => !IsLocal(url));
        return open is null
            ? null
            : $"refusing to listen on {ConfigurationKeys.Shorten(open)} without client keys: "
            + "anyone who reaches it could use your provider keys. "
            + "Set keys or server.keys, or listen on http://127.0.0.1:8080, or pass --insecure.";
    }

    /// <summary>
    /// Whether only this machine can reach the address. A host name other than <c>localhost</c> counts as remote: it may resolve to
    /// anything.
    /// </summary>
    public static bool IsLocal(string url)
    {
        if (HostOf(url) is not { } host)
            return false;
        return IsSocket(host)
            || host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
    }

    /// <summary>The hosts of the addresses; sockets and pipes have none.</summary>
    internal static IEnumerable<string> HostsOf(string urls) => Split(urls).Select(HostOf).OfType<string>()
        .Where(host => !IsSocket(host));

    /// <summary>The addresses that have a path, which Kestrel refuses.</summary>
    internal static IEnumerable<string> FindWithPath(string urls) => Split(urls).Where(url =>
        HostOf(url) is { } host && !IsSocket(host)
        && url.IndexOf('/', url.IndexOf("://", StringComparison.Ordinal) + 3) is > 0 and var path && path < url.Length - 1);

    /// <summary>The addresses that cannot use HTTP/2 without TLS: they are https, or have no explicit port.</summary>
    internal static IEnumerable<string> FindUnfitForH2c(string urls) =>
        Split(urls).Where(url => HostOf(url) is null || PortOf(url) is null || FindWithPath(url).Any());

    /// <summary>The port of a plain http address; null if it has none.</summary>
    internal static int? PortOf(string url) =>
        url.StartsWith("http://", StringComparison.OrdinalIgnoreCase) && HostOf(url) is { } host && !IsSocket(host)
        && int.TryParse(url.AsSpan(url.LastIndexOf(':') + 1).TrimEnd('/'), out var port) ? port : null;

    /// <summary>The part that distinguishes addresses of this machine: the port, or the path of a socket or pipe.</summary>
    internal static string? EndOf(string url)
    {
        if (HostOf(url) is not { } host)
            return null;
        if (IsSocket(host))
            return host[(host.IndexOf(':', StringComparison.Ordinal) + (host.StartsWith('u') ? 1 : 2))..];
        var port = url.AsSpan(url.LastIndexOf(':') + 1).TrimEnd('/');
        return ushort.TryParse(port, out _) ? port.ToString() : url.StartsWith("https", StringComparison.OrdinalIgnoreCase) ? "443" : "80";
    }

    /// <summary>The addresses that cannot be parsed.</summary>
    internal static IEnumerable<string> FindMalformed(string urls) => Split(urls).Where(url => HostOf(url) is null);

    private static bool IsSocket(string host) =>
        host.StartsWith("unix:/", StringComparison.OrdinalIgnoreCase) || host.StartsWith("pipe:/", StringComparison.OrdinalIgnoreCase);

    /// <summary>Addresses separated by semicolons.</summary>
    internal static string[] Split(string urls) => urls.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The host of an address; null if there is none. <see cref="Uri"/> does not accept <c>*</c>, <c>+</c> and sockets.</summary>
    private static string? HostOf(string url)
    {
        var scheme = url.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0 || url[..scheme].ToUpperInvariant() is not ("HTTP" or "HTTPS"))
            return null;
        var rest = url[(scheme + 3)..];
        if (IsSocket(rest))
            return rest;

        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var authority = slash < 0 ? rest : rest[..slash];
        var bracket = authority.IndexOf(']', StringComparison.Ordinal);
        var colon = authority.IndexOf(':', Math.Max(bracket, 0));
        var host = colon < 0 ? authority : authority[..colon];
        if (colon >= 0 && !ushort.TryParse(authority[(colon + 1)..], System.Globalization.NumberStyles.None, null, out _))
            return null;
        if (host.StartsWith('['))
            return host.EndsWith(']') && IPAddress.TryParse(host[1..^1], out _) ? host[1..^1] : null;
        return host.Length == 0 || host.Any(letter => char.IsWhiteSpace(letter) || letter is '@' or '?' or '#') ? null : host;
    }
}
