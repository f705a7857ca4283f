using System.Net;
using System.Net.Sockets;

namespace Switchyard.Network;

/// <summary>The kind of an IP address.</summary>
internal enum AddressKind
{
    /// <summary>A public internet host.</summary>
    Public,

    /// <summary>A private host: this machine, the local network, a carrier's network.</summary>
    Private,

    /// <summary>
    /// An address that no name should resolve to: cloud metadata, link-local, multicast, unspecified, reserved, or an IPv4 address in a
    /// form that hides it.
    /// </summary>
    Special,
}

/// <summary>
/// Distinguishes public internet addresses from others. The only list of address ranges: addresses chosen by clients or name servers must
/// not reach the gateway's own network.
/// </summary>
internal static class AddressKinds
{
    // IANA's registries of special-purpose addresses (RFC 6890 and its successors).
    private static readonly IPNetwork[] s_private = Networks(
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "100.64.0.0/10", "198.18.0.0/15", "::1/128", "fc00::/7",
        "fec0::/10");

    private static readonly IPNetwork[] s_special = Networks(
        "0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        // Metadata services outside the link-local range: Alibaba, Azure, AWS over IPv6.
        "100.100.100.200/32", "168.63.129.16/32", "fd00:ec2::254/128",
        // IPv4 in IPv6: compatible, translated, local-use translation, 6to4, Teredo.
        "::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "2002::/16", "2001::/23",
        "100::/64", "2001:db8::/32", "3fff::/20", "5f00::/16", "fe80::/10", "ff00::/8");

    // RFC 6052: IPv4 addresses as seen from an IPv6-only network. The last four bytes are the IPv4 address.
    private static readonly IPNetwork s_translated = IPNetwork.Parse("64:ff9b::/96");

    /// <summary>The kind of an address; an IPv4 address inside an IPv6 one is judged as IPv4.</summary>
    public static AddressKind Of(IPAddress address)
    {
        address = Plain(address);
        if (address.AddressFamily is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6))
            return AddressKind.Special;
        if (s_translated.Contains(address))
            address = new IPAddress(address.GetAddressBytes().AsSpan(12));
        // The loopback address lies in a special range, and metadata addresses lie in private ranges.
        return address.Equals(IPAddress.IPv6Loopback) ? AddressKind.Private
            : IsIn(s_special, address) ? AddressKind.Special
            : IsIn(s_private, address) ? AddressKind.Private
            : AddressKind.Public;
    }

    /// <summary>The address without its zone, and as IPv4 if it is IPv4-mapped (<c>::ffff:10.0.0.1</c>).</summary>
    public static IPAddress Plain(IPAddress address) => address switch
    {
        { IsIPv4MappedToIPv6: true } => address.MapToIPv4(),
        { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: not 0 } => new IPAddress(address.GetAddressBytes()),
        _ => address,
    };

    private static bool IsIn(IPNetwork[] networks, IPAddress address)
    {
        foreach (var network in networks)
        {
            if (network.BaseAddress.AddressFamily == address.AddressFamily && network.Contains(address))
                return true;
        }

        return false;
    }

    private static IPNetwork[] Networks(params string[] texts) => [.. texts.Select(IPNetwork.Parse)];
}
