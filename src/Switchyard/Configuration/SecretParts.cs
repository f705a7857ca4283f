using System.Text;
using System.Text.RegularExpressions;

namespace Switchyard.Configuration;

/// <summary>The parts of a setting that must never be repeated: a header holds a token after its scheme, an address a password.</summary>
internal static partial class SecretParts
{
    /// <summary>The value; for <c>Bearer …</c> also the token, for <c>Basic …</c> the decoded text, for an address its user info.</summary>
    public static IEnumerable<string> Of(string value)
    {
        yield return value;
        foreach (var part in OfAddress(value))
            yield return part;
        if (value.Trim().Split(' ', 2, StringSplitOptions.TrimEntries) is not [var scheme, var credential])
            yield break;
        yield return credential;
        var decoded = new byte[credential.Length];
        if (scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) && Convert.TryFromBase64String(credential, decoded, out var length))
        {
            foreach (var part in Parts(Encoding.UTF8.GetString(decoded, 0, length)))
                yield return part;
        }
    }

    /// <summary>The user info of a URL, and the password of <c>name=value;…</c>; nothing if there is neither.</summary>
    public static IEnumerable<string> OfAddress(string? address)
    {
        if (Uri.TryCreate(address, UriKind.Absolute, out var url) && url.UserInfo.Length > 0)
        {
            // In a database's address a name alone is a user without a password: masked, the usual `postgres` would disappear from every
            // text. A proxy may take a token there.
            if (!url.UserInfo.Contains(':', StringComparison.Ordinal) && url.Scheme is "postgres" or "postgresql")
                return [];
            return Parts(url.UserInfo).Concat(Parts(Uri.UnescapeDataString(url.UserInfo)));
        }

        return address is null ? [] : Password().Matches(address).Select(static match => match.Groups["value"].Value.Trim('"', '\''));
    }

    /// <summary><c>user:password</c>, and the password alone.</summary>
    private static string[] Parts(string userInfo) => [userInfo, userInfo[(userInfo.IndexOf(':', StringComparison.Ordinal) + 1)..]];

    [GeneratedRegex(
        """\b(?:password|pwd)\s*=\s*(?<value>"[^"]*"|'[^']*'|[^;,\s]+)""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Password();
}
