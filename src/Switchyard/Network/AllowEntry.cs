using System.Globalization;
using System.Net;

namespace Switchyard.Network;

/// <summary>What an entry of an allow list names.</summary>
internal enum AllowKind
{
    /// <summary><c>*</c>: every host.</summary>
    Any,

    /// <summary><c>*.example.com</c>: every host below it.</summary>
    Suffix,

    /// <summary>A host by its name.</summary>
    Host,

    /// <summary>A network: every IP address in it, also one that a name was resolved to.</summary>
    Network,

    /// <summary>An IP address, where it is the host as it is written.</summary>
    Address,
}

/// <summary>One entry of an allow list. Immutable.</summary>
internal sealed record AllowEntry
{
    /// <summary>The forms that <see cref="Parse"/> takes, for messages.</summary>
    public const string Forms = "a host (api.example.com), host:port, *.example.com, *, an IP address, a network (10.0.0.0/8) or a URL";

    /// <summary>What it names.</summary>
    public required AllowKind Kind { get; init; }

    /// <summary>The host, or what it must end with; in the form of <see cref="HostName"/>.</summary>
    public string Host { get; init; } = "";

    /// <summary>The network; that of one address where the entry is an address.</summary>
    public IPNetwork Network { get; init; }

    /// <summary>The only port; null for every port.</summary>
    public int? Port { get; init; }

    /// <summary>The only URL, and where it has no path all those of its scheme; null for every URL.</summary>
    public Uri? Url { get; init; }

    /// <summary>Whether it admits no private address, even where it names the host.</summary>
    public bool PublicOnly { get; init; }

    /// <summary>Reads an entry.</summary>
    /// <param name="text">The entry as it is written.</param>
    /// <param name="problem">The end of the sentence that begins with the entry; empty when it is right.</param>
    /// <returns>The entry; null when it is wrong.</returns>
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

    /// <summary>Whether the entry is for the port.</summary>
    public bool TakesPort(int port) => Port is null || Port == port;

    /// <summary>Whether the entry is for a URL of its host.</summary>
    public bool TakesUrl(Uri url) => Url is null || (Url.Scheme == url.Scheme
        && (Url.AbsolutePath is "/" || PathOf(Url).Equals(PathOf(url), StringComparison.OrdinalIgnoreCase)));

    /// <summary>Whether the entry is for a URL that begins with this one of its host.</summary>
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

        // The framework's parser would drop those bits, and the entry be wider than it looks.
        return IPNetwork.TryParse(text, out var network) && network.BaseAddress.Equals(address)
            ? new AllowEntry { Kind = AllowKind.Network, Network = Plain(network) }
            : Wrong($"is no network: its address has more bits than the {length} it fixes", out problem);
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
                return Wrong("ends in something that is no port from 1 to 65535", out problem);
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

    /// <summary>A network of wrapped IPv4 addresses is one of IPv4 addresses.</summary>
    private static IPNetwork Plain(IPNetwork network) => network.BaseAddress.IsIPv4MappedToIPv6 && network.PrefixLength >= 96
        ? new IPNetwork(network.BaseAddress.MapToIPv4(), network.PrefixLength - 96)
        : network;

    private static AllowEntry? Wrong(string what, out string problem)
    {
        problem = what;
        return null;
    }
}
