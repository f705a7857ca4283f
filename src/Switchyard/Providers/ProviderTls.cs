namespace Switchyard.Providers;

/// <summary>
/// How a provider's TLS certificate is checked, and the certificate shown to it. Files are read when the provider is loaded.
/// </summary>
/// <param name="Ca">The file of the trusted authorities, as PEM; null takes the system's.</param>
/// <param name="Certificate">The file of the certificate to show; null for none.</param>
/// <param name="Key">The file of its private key, as PEM; null where it is in the certificate's file.</param>
/// <param name="Insecure">Whether any certificate of the provider is accepted.</param>
public sealed record ProviderTls(string? Ca = null, string? Certificate = null, string? Key = null, bool Insecure = false);
