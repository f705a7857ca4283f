using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>The certificate of the server's https addresses.</summary>
public sealed class ServerTlsOptions
{
    /// <summary>
    /// The file of the certificate: PEM, with intermediate certificates after it, or PKCS#12 (<c>.pfx</c>). Null takes Kestrel's own
    /// settings (<c>ASPNETCORE_Kestrel__Certificates__Default__Path</c>).
    /// </summary>
    [ConfigurationKeyName("certificate")]
    public string? Certificate { get; set; }

    /// <summary>The file of the private key, as PEM; null if it is in the certificate's file.</summary>
    [ConfigurationKeyName("key")]
    public string? Key { get; set; }

    /// <summary>The password of the key or of the PKCS#12 file; null for none.</summary>
    [ConfigurationKeyName("password"), Secret]
    public string? Password { get; set; }
}
