using System.Globalization;
using System.Net;
using System.Text;

namespace Switchyard.Network;

/// <summary>
/// One form for each host, so that a host cannot be written past a rule: lower case, punycode, without a trailing dot and without
/// brackets; an IPv4 address in decimal, octal or hexadecimal parts as what it is.
/// </summary>
internal static class HostName
{
    private static readonly IdnMapping s_idn = new() { UseStd3AsciiRules = false };

    /// <summary>The host of an address.</summary>
    /// <param name="target">The address.</param>
    /// <param name="address">The IP address, where the host is one.</param>
    public static string Of(Uri target, out IPAddress? address) => Normalize(target.IdnHost, out address) ?? target.IdnHost;

    /// <summary>The one form of a host; null when the text is none.</summary>
    /// <param name="text">A name, or an IP address.</param>
    /// <param name="address">The IP address, where the host is one.</param>
    public static string? Normalize(string text, out IPAddress? address)
    {
        var host = text.EndsWith('.') ? text[..^1] : text;
        if (host is ['[', .. var inner, ']'] && inner.Contains(':', StringComparison.Ordinal))
            host = inner;
        address = null;
        // The parser would take, and forget, the port of "[::1]:80".
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
