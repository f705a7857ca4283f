namespace Switchyard.Providers;

/// <summary>The checks of a provider's TLS certificate, and the client certificate. Files are read when the provider is loaded.</summary>
/// <param name="Ca">The file of the trusted authorities, as PEM; null uses the system's.</param>
/// <param name="Certificate">The file of the client certificate; null for none.</param>
/// <param name="Key">The file of its private key, as PEM; null if it is in the certificate's file.</param>
/// <param name="Insecure">Whether any certificate of the provider is accepted.</param>
public sealed record ProviderTls(string? Ca = null, string? Certificate = null, string? Key = null, bool Insecure = false);
