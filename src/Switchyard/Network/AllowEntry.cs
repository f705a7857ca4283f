using System.Globalization;
using System.Net;

namespace Switchyard.Network;

/// <summary>The kind of an allow-list entry.</summary>
internal enum AllowKind
{
    /// <summary><c>*</c>: every host.</summary>
    Any,

    /// <summary><c>*.example.com</c>: every host below it.</summary>
    Suffix,

    /// <summary>A host by its name.</summary>
    Host,

    /// <summary>A network: every IP address in it, including resolved addresses.</summary>
    Network,

    /// <summary>An IP address, if it is the literal host of the URL.</summary>
    Address,
}

/// <summary>One entry of an allow list. Immutable.</summary>
internal sealed record AllowEntry
{
    /// <summary>The forms that <see cref="Parse"/> takes, for messages.</summary>
    public const string Forms = "a host (api.example.com), host:port, *.example.com, *, an IP address, a network (10.0.0.0/8) or a URL";

    /// <summary>The kind of the entry.</summary>
    public required AllowKind Kind { get; init; }

    /// <summary>The host, or its required suffix; in the form of <see cref="HostName"/>.</summary>
    public string Host { get; init; } = "";

    /// <summary>The network; for an address, the network of that one address.</summary>
    public IPNetwork Network { get; init; }

    /// <summary>The only port; null for every port.</summary>
    public int? Port { get; init; }

    /// <summary>The only URL; without a path, every URL of its scheme. Null for every URL.</summary>
    public Uri? Url { get; init; }

    /// <summary>Whether it admits no private address, even if it names the host.</summary>
    public bool PublicOnly { get; init; }

    /// <summary>Reads an entry.</summary>
    /// <param name="text">The configured text.</param>
    /// <param name="problem">The end of an error sentence that begins with the entry; empty if valid.</param>
    /// <returns>The entry; null if invalid.</returns>
    public static AllowEntry? Parse(string text, out string problem)
    {
        text = text.Trim();
        problem = "";
        return text switch
        {
            "" => Wrong("is empty", out problem),
            _ when text.Any(char.IsWhiteSpace) => Wrong($"is not {Forms}", out problem),
            _ when text.Contains("://", StringComparison.Ordinal) => ParseUrl(text, out problem),
            _ when text.Contains('/', StringComparison.Ordinal) => ParseNetwork(text, out problem),
            _ => ParseHost(text, out problem),
        };
    }

    /// <summary>Whether the entry admits the port.</summary>
    public bool TakesPort(int port) => Port is null || Port == port;

    /// <summary>Whether the entry admits a URL of its host.</summary>
    public bool TakesUrl(Uri url) => Url is null || (Url.Scheme == url.Scheme
        && (Url.AbsolutePath is "/" || PathOf(Url).Equals(PathOf(url), StringComparison.OrdinalIgnoreCase)));

    /// <summary>Whether the entry admits a URL of its host that begins with this one.</summary>
    public bool TakesUrlBelow(Uri root) => TakesUrl(root)
        || (Url!.Scheme == root.Scheme && PathOf(Url).StartsWith($"{PathOf(root)}/", StringComparison.OrdinalIgnoreCase));

    private static ReadOnlySpan<char> PathOf(Uri url) => url.AbsolutePath.AsSpan().TrimEnd('/');

    private static AllowEntry? ParseUrl(string text, out string problem)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.Host.Length == 0)
            return Wrong("is not an http or https URL", out problem);
        if (url.UserInfo.Length > 0 || url.Query.Length > 0 || url.Fragment.Length > 0)
            return Wrong("must not hold a user name, a query or a fragment", out problem);
        var host = HostName.Of(url, out var address);
        problem = "";
        return Of(host, address, url.Port) with { Url = url };
    }

    private static AllowEntry? ParseNetwork(string text, out string problem)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        problem = "";
        if (!IPAddress.TryParse(text.AsSpan(0, slash), out var address)
            || !int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            || length > address.GetAddressBytes().Length * 8)
        {
            return Wrong("is neither a host nor a network such as 10.0.0.0/8: leave out the path", out problem);
        }

        // The framework's parser would drop the host bits, and the entry would be wider than it looks.
        return IPNetwork.TryParse(text, out var network) && network.BaseAddress.Equals(address)
            ? new AllowEntry { Kind = AllowKind.Network, Network = Plain(network) }
            : Wrong($"is not a network: its address has more bits than the {length} it fixes", out problem);
    }

    private static AllowEntry? ParseHost(string text, out string problem)
    {
        problem = "";
        if (HostName.Normalize(text, out var whole) is { } alone && (whole is not null || !text.StartsWith('*')))
            return Of(alone, whole, port: null);
        var (host, port) = (text, (int?)null);
        if (text.LastIndexOf(':') is > 0 and var colon)
        {
            if (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                || number is < 1 or > 65535)
            {
                return Wrong("does not end in a port from 1 to 65535", out problem);
            }

            (host, port) = (text[..colon], number);
        }

        if (host == "*")
            return new AllowEntry { Kind = AllowKind.Any, Port = port };
        if (host is ['*', '.' or '-', .. var rest] && HostName.Normalize(rest, out var ending) is { } suffix && ending is null)
            return new AllowEntry { Kind = AllowKind.Suffix, Host = host[1] + suffix, Port = port };
        if (host.Contains('*', StringComparison.Ordinal))
            return Wrong("has its '*' elsewhere than in front: write *.example.com", out problem);
        if (host.StartsWith('.'))
            return Wrong($"begins with a dot: write *{host}", out problem);
        return HostName.Normalize(host, out var address) is { } name
            ? Of(name, address, port)
            : Wrong($"is not {Forms}", out problem);
    }

    private static AllowEntry Of(string host, IPAddress? address, int? port) => address is null
        ? new AllowEntry { Kind = AllowKind.Host, Host = host, Port = port }
        : new AllowEntry { Kind = AllowKind.Address, Network = new IPNetwork(address, address.GetAddressBytes().Length * 8), Port = port };

    /// <summary>Converts a network of IPv4-mapped addresses to an IPv4 network.</summary>
    private static IPNetwork Plain(IPNetwork network) => network.BaseAddress.IsIPv4MappedToIPv6 && network.PrefixLength >= 96
        ? new IPNetwork(network.BaseAddress.MapToIPv4(), network.PrefixLength - 96)
        : network;

    private static AllowEntry? Wrong(string what, out string problem)
    {
        problem = what;
        return null;
    }
}
