using System.Text;

namespace Switchyard.Providers;

/// <summary>What of a provider's settings must never be repeated.</summary>
internal static class ProviderSecrets
{
    /// <summary>
    /// Keys, header values, the settings that are no part of an address, and the user info of a base URL or a proxy. A value that is also
    /// the provider's name (<c>key: lm-studio</c>) protects nothing, and would be masked in every message.
    /// </summary>
    public static IEnumerable<string> Of(string name, ProviderSettings settings, ProviderDescriptor descriptor) =>
        settings.Secrets
            .Concat(settings.Headers.Values.SelectMany(HeaderParts))
            .Concat(settings.Metadata.Where(setting => !descriptor.Variables.ContainsKey(setting.Key)).Select(setting => setting.Value))
            .Concat(UserInfo(settings.BaseUrl))
            .Concat(UserInfo(settings.Proxy))
            .Where(secret => !secret.Trim().Equals(name, StringComparison.OrdinalIgnoreCase)
                && !secret.Trim().Equals(settings.Type, StringComparison.OrdinalIgnoreCase));

    /// <summary>A header's value; of <c>Bearer …</c> the token besides, of <c>Basic …</c> what it encodes.</summary>
    private static IEnumerable<string> HeaderParts(string value)
    {
        yield return value;
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

    private static IEnumerable<string> UserInfo(string? url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var address) && address.UserInfo.Length > 0
            ? Parts(address.UserInfo).Concat(Parts(Uri.UnescapeDataString(address.UserInfo)))
            : [];

    /// <summary><c>user:password</c>, and the password alone.</summary>
    private static string[] Parts(string userInfo) => [userInfo, userInfo[(userInfo.IndexOf(':', StringComparison.Ordinal) + 1)..]];
}
