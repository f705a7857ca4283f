using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Switchyard.Configuration;

/// <summary>Reads certificates from files: PEM, or PKCS#12.</summary>
internal static class CertificateFile
{
    private const string Pem = "-----BEGIN ";

    /// <summary>Reads a certificate with its private key.</summary>
    /// <param name="certificate">The file; in PEM the certificate comes first, then its intermediates.</param>
    /// <param name="key">The file of the key as PEM; null if it is in the first.</param>
    /// <param name="password">The password of the key or of the PKCS#12 file; null for none.</param>
    /// <param name="intermediates">Receives the other certificates of the file.</param>
    /// <exception cref="CertificateFileException">A file cannot be read, or has no key.</exception>
    public static X509Certificate2 Read(string certificate, string? key, string? password, X509Certificate2Collection intermediates)
    {
        try
        {
            return IsPem(certificate)
                ? ReadPem(certificate, key, password, intermediates)
                : ReadPkcs12(certificate, password, intermediates);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new CertificateFileException(Reason(e), e);
        }
    }

    /// <summary>Reads the certificates of a PEM file, which need no keys.</summary>
    /// <exception cref="CertificateFileException">The file cannot be read, or has no certificates.</exception>
    public static X509Certificate2Collection ReadAuthorities(string file)
    {
        var found = new X509Certificate2Collection();
        try
        {
            found.ImportFromPemFile(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new CertificateFileException(Reason(e), e);
        }

        return found.Count > 0 ? found : throw new CertificateFileException("it holds no certificate as PEM");
    }

    /// <summary>How a server's certificate is checked if only the authorities of a file are trusted, in place of the system's.</summary>
    /// <exception cref="CertificateFileException">The file cannot be read, or has no certificates.</exception>
    public static X509ChainPolicy TrustOnly(string authorities)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            // A private authority rarely publishes its revocations.
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.AddRange(ReadAuthorities(authorities));
        return policy;
    }

    /// <summary>Why a certificate cannot be read; null if it can be, or there is none.</summary>
    public static string? FindProblem(string? certificate, string? key, string? password) =>
        certificate is null ? null : ProblemOf(() => Read(certificate, key, password, []));

    /// <summary>Why authorities cannot be read; null if they can be, or there are none.</summary>
    public static string? FindProblem(string? authorities) =>
        authorities is null ? null : ProblemOf(() => ReadAuthorities(authorities));

    /// <summary>A text that changes with the content of a file; empty for no file, and for one that cannot be read.</summary>
    public static string Fingerprint(string? file)
    {
        if (file is null)
            return "";
        try
        {
            return Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return "";
        }
    }

    private static string? ProblemOf(Func<object> read)
    {
        try
        {
            read();
            return null;
        }
        catch (CertificateFileException e)
        {
            return e.Message;
        }
    }

    // The file system's own messages hold the path, and this one may reach clients.
    private static string Reason(Exception cause) => cause switch
    {
        FileNotFoundException or DirectoryNotFoundException => "there is no such file",
        UnauthorizedAccessException => "it may not be read",
        CryptographicException => cause.Message.TrimEnd('.'),
        _ => "it cannot be read",
    };

    private static bool IsPem(string file) => File.ReadAllText(file).Contains(Pem, StringComparison.Ordinal);

    private static X509Certificate2 ReadPem(string certificate, string? key, string? password, X509Certificate2Collection intermediates)
    {
        intermediates.ImportFromPemFile(certificate);
        if (intermediates.Count > 0)
            intermediates.RemoveAt(0);
        using var read = password is null
            ? X509Certificate2.CreateFromPemFile(certificate, key)
            : X509Certificate2.CreateFromEncryptedPemFile(certificate, password, key);
        // Not every platform can use a key in a TLS handshake that was never in a store.
        return X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pkcs12), password: null);
    }

    private static X509Certificate2 ReadPkcs12(string file, string? password, X509Certificate2Collection intermediates)
    {
        var all = X509CertificateLoader.LoadPkcs12CollectionFromFile(file, password);
        var own = all.FirstOrDefault(certificate => certificate.HasPrivateKey)
            ?? throw new CertificateFileException("it holds no certificate with a private key");
        intermediates.AddRange(all.Where(certificate => certificate != own).ToArray());
        return own;
    }
}

/// <summary>A certificate's file cannot be used. The message gives the reason, without the file's path.</summary>
internal sealed class CertificateFileException(string message, Exception? cause = null) : Exception(message, cause);
