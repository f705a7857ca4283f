using System.Globalization;
using System.Net;
using System.Text;

namespace Switchyard.Network;

/// <summary>
/// The canonical form of a host, so that no spelling bypasses a rule: lower case, punycode, without a trailing dot or brackets; an IPv4
/// address with decimal, octal or hexadecimal parts in dotted decimal form.
/// </summary>
internal static class HostName
{
    private static readonly IdnMapping s_idn = new() { UseStd3AsciiRules = false };

    /// <summary>The host of a URL.</summary>
    /// <param name="target">The URL.</param>
    /// <param name="address">The IP address, if the host is one; else null.</param>
    public static string Of(Uri target, out IPAddress? address) => Normalize(target.IdnHost, out address) ?? target.IdnHost;

    /// <summary>The canonical form of a host; null if the text is not a host.</summary>
    /// <param name="text">A name, or an IP address.</param>
    /// <param name="address">The IP address, if the host is one; else null.</param>
    public static string? Normalize(string text, out IPAddress? address)
    {
        var host = text.EndsWith('.') ? text[..^1] : text;
        if (host is ['[', .. var inner, ']'] && inner.Contains(':', StringComparison.Ordinal))
            host = inner;
        address = null;
        // The parser would accept and drop the port of "[::1]:80".
        if (!host.Contains('[', StringComparison.Ordinal) && IPAddress.TryParse(host, out address))
        {
            address = AddressKinds.Plain(address);
            return address.ToString();
        }

        if (!Ascii.IsValid(host) || host.AsSpan().ContainsAnyInRange('A', 'Z'))
        {
            try
            {
                host = s_idn.GetAscii(host).ToLowerInvariant();
            }
            catch (ArgumentException)
            {
                return null;
            }
        }

        return Uri.CheckHostName(host) == UriHostNameType.Dns ? host : null;
    }
}
