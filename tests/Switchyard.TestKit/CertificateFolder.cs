using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Switchyard.TestKit;

/// <summary>Certificates of an authority that no system trusts, as files in a folder that is deleted afterwards.</summary>
public sealed class CertificateFolder : IDisposable
{
    /// <summary>The password of <see cref="Pfx"/>.</summary>
    public const string Password = "a password";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("switchyard-tls-");
    private readonly X509Certificate2 _authority;

    /// <summary>Creates all of them.</summary>
    public CertificateFolder()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _authority = request.CreateSelfSigned(DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.UnixEpoch.AddYears(80));
        File.WriteAllText(Authority, _authority.ExportCertificatePem());
        Server = Issue("localhost", 1);
        using var client = Issue("gateway", 2);
        File.WriteAllText(ClientCertificate, client.ExportCertificatePem());
        File.WriteAllText(ClientKey, client.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(ServerPem, Server.ExportCertificatePem() + "\n" + Server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(ServerCertificate, Server.ExportCertificatePem());
        File.WriteAllText(ServerKey, Server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        File.WriteAllBytes(Pfx, Server.Export(X509ContentType.Pkcs12, Password));
    }

    /// <summary>The authority.</summary>
    public string Authority => PathOf("ca.pem");

    /// <summary>A client's certificate.</summary>
    public string ClientCertificate => PathOf("client.pem");

    /// <summary>Its key.</summary>
    public string ClientKey => PathOf("client.key");

    /// <summary>The certificate of <c>localhost</c> and its key in one file.</summary>
    public string ServerPem => PathOf("both.pem");

    /// <summary>The certificate of <c>localhost</c>.</summary>
    public string ServerCertificate => PathOf("server.pem");

    /// <summary>Its key.</summary>
    public string ServerKey => PathOf("server.key");

    /// <summary>Both as PKCS#12.</summary>
    public string Pfx => PathOf("server.pfx");

    /// <summary>The certificate of <c>localhost</c>, to serve with.</summary>
    public X509Certificate2 Server { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Server.Dispose();
        _authority.Dispose();
        _folder.Delete(recursive: true);
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);

    private X509Certificate2 Issue(string name, byte serial)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var issued = request.Create(_authority, _authority.NotBefore, _authority.NotAfter, [serial]);
        using var whole = issued.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }
}
