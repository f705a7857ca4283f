namespace Switchyard.Providers;

/// <summary>The checks of a provider's TLS certificate, and the client certificate. Files are read when the provider is loaded.</summary>
public sealed record ProviderTls
{
    /// <summary>The file of the trusted authorities, as PEM; null uses the system's.</summary>
    public string? Ca { get; init; }

    /// <summary>The file of the client certificate; null for none.</summary>
    public string? Certificate { get; init; }

    /// <summary>The file of its private key, as PEM; null if it is in the certificate's file.</summary>
    public string? Key { get; init; }

    /// <summary>Whether any certificate of the provider is accepted.</summary>
    public bool Insecure { get; init; }
}
