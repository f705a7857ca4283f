using System.Collections.Frozen;
using System.Net;
using Switchyard.Calls;
using Switchyard.Network;

namespace Switchyard.Identity;

/// <summary>
/// Which web pages may use the gateway: by the host they ask for and by their origin (<c>server.allowed_hosts</c>, <c>server.cors</c>).
/// Immutable and thread-safe.
/// </summary>
public sealed class WebPolicy
{
    /// <summary>The section of a snapshot. Never absent.</summary>
    public static readonly SectionKey<WebPolicy> Section = new();

    private const string Any = "*";

    // Apps on the user's own machine. A page on the web cannot have such an origin.
    private static readonly string[] s_appSchemes = ["app://", "file://", "tauri://", "vscode-file://", "vscode-webview://"];

    private readonly string[] _hosts;
    private readonly FrozenSet<string> _origins;
    private readonly bool _anyHost;

    private WebPolicy(IEnumerable<string> hosts, IEnumerable<string> origins)
    {
        _hosts = [.. hosts.Select(host => HostName.Normalize(host.Trim(), out _) ?? host.Trim())];
        _anyHost = _hosts.Contains(Any);
        _origins = origins.Select(AsSent).ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        AnyOrigin = _origins.Contains(Any);
    }

    /// <summary>Whether pages of any origin are allowed by <c>server.cors</c>.</summary>
    public bool AnyOrigin { get; }

    /// <summary>Whether <c>server.cors</c> allows any origin at all.</summary>
    public bool HasOrigins => _origins.Count > 0;

    /// <summary>Creates a policy.</summary>
    /// <param name="hosts">The host names to answer to, besides this machine's own; <c>*</c> for any.</param>
    /// <param name="origins">The origins allowed by <c>server.cors</c>; <c>*</c> for any.</param>
    internal static WebPolicy From(IEnumerable<string> hosts, IEnumerable<string> origins) => new(hosts, origins);

    /// <summary>Whether <c>server.cors</c> names an origin.</summary>
    public bool NamesOrigin(string origin) => AnyOrigin || _origins.Contains(origin);

    /// <summary>
    /// Whether a gateway without client keys accepts requests from an origin: one that <c>server.cors</c> names, or one of this machine
    /// (pages of <c>localhost</c>, and apps).
    /// </summary>
    public bool AllowsOrigin(string origin)
    {
        ArgumentNullException.ThrowIfNull(origin);
        return NamesOrigin(origin)
            || s_appSchemes.Any(scheme => origin.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
            || (Uri.TryCreate(origin, UriKind.Absolute, out var page) && page.Scheme is "http" or "https" && IsThisMachine(page.IdnHost));
    }

    /// <summary>Whether a gateway without client keys answers to a host: this machine's own names, or one that is configured.</summary>
    /// <param name="host">The value of the header <c>Host</c>, with its port.</param>
    public bool AllowsHost(string host)
    {
        ArgumentNullException.ThrowIfNull(host);
        var name = WithoutPort(host);
        if (_anyHost || IsThisMachine(name))
            return true;
        foreach (var allowed in _hosts)
        {
            if (name.Equals(allowed, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        // An IP address may be written in several ways.
        return _hosts.Length > 0 && HostName.Normalize(name.ToString(), out _) is { } same && _hosts.Contains(same);
    }

    /// <summary>A configured origin as browsers send it: its name in ASCII, without the default port of its scheme.</summary>
    private static string AsSent(string configured)
    {
        var origin = configured.Trim().TrimEnd('/');
        return Uri.TryCreate(origin, UriKind.Absolute, out var page) && page.Scheme is "http" or "https"
            && page.HostNameType == UriHostNameType.Dns
            ? $"{page.Scheme}://{page.IdnHost}{(page.IsDefaultPort ? "" : $":{page.Port}")}"
            : origin;
    }

    private static ReadOnlySpan<char> WithoutPort(ReadOnlySpan<char> host)
    {
        if (host is ['[', ..])
            return host.IndexOf(']') is > 0 and var end ? host[1..end] : host;
        var colon = host.IndexOf(':');
        return WithoutDot(colon < 0 ? host : host[..colon]);
    }

    /// <summary>A name that ends in a dot is the same fully qualified name.</summary>
    private static ReadOnlySpan<char> WithoutDot(ReadOnlySpan<char> host) => host is [.., '.'] ? host[..^1] : host;

    private static bool IsThisMachine(ReadOnlySpan<char> host)
    {
        host = WithoutDot(host);
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || host.SequenceEqual("127.0.0.1")
            || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
    }
}
