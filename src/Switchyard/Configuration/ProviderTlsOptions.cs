using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>The check of a provider's TLS certificate, and the certificate shown to it.</summary>
public sealed class ProviderTlsOptions
{
    /// <summary>The file of the authorities that are trusted for this provider, as PEM; null takes the system's.</summary>
    [ConfigurationKeyName("ca")]
    public string? Ca { get; set; }

    /// <summary>The file of the certificate to show to the provider: PEM, or PKCS#12 without a password; null for none.</summary>
    [ConfigurationKeyName("certificate")]
    public string? Certificate { get; set; }

    /// <summary>The file of its private key, as PEM; null if it is in the certificate's file.</summary>
    [ConfigurationKeyName("key")]
    public string? Key { get; set; }

    /// <summary>Whether any certificate of the provider is accepted. For tests only: an attacker in between can steal the key.</summary>
    /// <value>The default is false.</value>
    [ConfigurationKeyName("insecure")]
    public bool Insecure { get; set; }
}
