using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>How a provider's TLS certificate is checked, and the certificate shown to it.</summary>
public sealed class ProviderTlsOptions
{
    /// <summary>The file of the authorities that are trusted for this provider, as PEM; null takes the system's.</summary>
    [ConfigurationKeyName("ca")]
    public string? Ca { get; set; }

    /// <summary>The file of the certificate to show to the provider: PEM, or PKCS#12 without a password; null for none.</summary>
    [ConfigurationKeyName("certificate")]
    public string? Certificate { get; set; }

    /// <summary>The file of its private key, as PEM; null where it is in the certificate's file.</summary>
    [ConfigurationKeyName("key")]
    public string? Key { get; set; }

    /// <summary>Whether any certificate of the provider is accepted. For tests only: the key can be stolen on the way.</summary>
    /// <value>The default is false.</value>
    [ConfigurationKeyName("insecure")]
    public bool Insecure { get; set; }
}
