using System.Net;
using System.Text.RegularExpressions;

namespace Switchyard.Common;

/// <summary>
/// Redacts a provider's text before a client or a log gets it: keys, tokens and internal addresses are masked, and the text is cut at
/// 2,000 characters. Secrets are found by their shape (<c>sk-…</c>, <c>Bearer …</c>, <c>key=…</c>); <see cref="SecretRedactor"/> finds
/// secrets by their value.
/// </summary>
public static partial class Sanitizer
{
    /// <summary>The longest message, in characters.</summary>
    public const int MaxLength = 2000;

    /// <summary>The text with secrets and internal addresses masked, cut at <see cref="MaxLength"/>.</summary>
    public static string Clean(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        // Cut before matching: text beyond the limit is not sent, so the expressions need not search it.
        return text.Length > MaxLength ? Mask(text[..MaxLength]) + "…" : Mask(text);
    }

    /// <summary>Whether there is something to mask in the text.</summary>
    public static bool Finds(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return !Mask(text).Equals(text, StringComparison.Ordinal);
    }

    /// <summary>The ranges of a text that are keys by their prefix.</summary>
    internal static IEnumerable<(int Start, int End)> FindKeys(string text) =>
        PrefixedKey().Matches(text).Concat(CloudKey().Matches(text)).Select(match => (match.Index, match.Index + match.Length));

    private static string Mask(string text)
    {
        text = PrefixedKey().Replace(text, "$1***");
        text = CloudKey().Replace(text, "$1***");
        text = BearerToken().Replace(text, "Bearer ***");
        text = KeyParameter().Replace(text, "$1=***");
        return Url().Replace(text, static match => IsInternal(match.Groups["host"].Value) ? "[internal address]" : match.Value);
    }

    private static bool IsInternal(string host)
    {
        host = host.Trim('[', ']');
        if (IPAddress.TryParse(host, out var address))
            return IsInternal(address);
        return !host.Contains('.', StringComparison.Ordinal)
            || host.EndsWith(".local", StringComparison.OrdinalIgnoreCase)
            || host.EndsWith(".internal", StringComparison.OrdinalIgnoreCase)
            || host.EndsWith(".lan", StringComparison.OrdinalIgnoreCase)
            || host.EndsWith(".svc", StringComparison.OrdinalIgnoreCase)
            || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsInternal(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (IPAddress.IsLoopback(address) || address.IsIPv6LinkLocal || address.IsIPv6UniqueLocal || address.IsIPv6SiteLocal)
            return true;
        Span<byte> bytes = stackalloc byte[16];
        return address.TryWriteBytes(bytes, out var length) && length == 4
            && (bytes[0] is 0 or 10 || (bytes[0] == 172 && bytes[1] is >= 16 and < 32) || (bytes[0] == 192 && bytes[1] == 168)
                || (bytes[0] == 169 && bytes[1] == 254) || (bytes[0] == 100 && bytes[1] is >= 64 and < 128));
    }

    // The asterisks are part of the match: providers echo keys as `sk-ab***yz`, and the rest would still reveal the key's end.
    [GeneratedRegex(@"\b(sk-|xai-|gsk_|hf_|nvapi-|pplx-|csk-|r8_|AIza)[A-Za-z0-9_*-]+", RegexOptions.CultureInvariant)]
    private static partial Regex PrefixedKey();

    // Keys and tokens of clouds; some are base64, which also has + / and =.
    [GeneratedRegex(@"\b(ya29\.|ABSK|(?:AKIA|ASIA)(?=[A-Z0-9]{12}))[A-Za-z0-9+/=*_-]+", RegexOptions.CultureInvariant)]
    private static partial Regex CloudKey();

    [GeneratedRegex(@"\bBearer\s+[^\s""',;]+", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex BearerToken();

    [GeneratedRegex(@"\b((?:api[-_]?|access[-_]?)?(?:key|token))=[^\s&""']+", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex KeyParameter();

    [GeneratedRegex(
        @"\b(?:https?|wss?|grpc|tcp)://(?:[^\s/@""']*@)?(?<host>\[[0-9a-fA-F:.]+\]|[^\s/:?#""'<>)]+)[^\s""'<>)]*",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Url();
}
