using Switchyard.Configuration;

namespace Switchyard.Providers;

/// <summary>The secrets in a provider's settings.</summary>
internal static class ProviderSecrets
{
    /// <summary>
    /// Keys, header values, the settings that are not part of an address, and the user info of a base URL or a proxy. A value that is also
    /// the provider's name (<c>key: lm-studio</c>) is not a secret, and would be masked in every message. Neither are the settings of a
    /// mock: one of them is the text of its errors.
    /// </summary>
    public static IEnumerable<string> Of(string name, ProviderSettings settings, ProviderDescriptor descriptor) =>
        settings.Secrets
            .Concat(settings.Headers.Values.SelectMany(SecretParts.Of))
            .Concat(settings.Metadata
                .Where(setting => descriptor.Name != KnownProviders.Mock && !descriptor.Variables.ContainsKey(setting.Key))
                .Select(setting => setting.Value))
            .Concat(SecretParts.OfAddress(settings.BaseUrl))
            .Concat(SecretParts.OfAddress(settings.Proxy))
            .Where(secret => !secret.Trim().Equals(name, StringComparison.OrdinalIgnoreCase)
                && !secret.Trim().Equals(settings.Type, StringComparison.OrdinalIgnoreCase));
}
