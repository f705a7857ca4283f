using System.Net.Security;
using System.Security.Authentication;
using Switchyard.Configuration;

namespace Switchyard.Server.Serving;

/// <summary>The connections to the admin API of a running gateway.</summary>
internal static class GatewayHandler
{
    /// <summary>Creates them.</summary>
    /// <param name="gateway">The gateway's address.</param>
    /// <param name="own">The certificate of a gateway on this machine, by its configuration; null for none.</param>
    /// <param name="authorities">The file of the authorities that alone are trusted; null for those of the system.</param>
    /// <exception cref="ServeException">The file cannot be read.</exception>
    public static SocketsHttpHandler Of(Uri gateway, ServerTlsOptions? own, string? authorities = null)
    {
        // No proxy for a gateway on this machine: a proxy cannot reach it, and must not see the key.
        var handler = new SocketsHttpHandler { UseProxy = !gateway.IsLoopback };
        // The certificate is for the public name, which a loopback address cannot match. Any other certificate is checked as usual,
        // because the admin key is sent.
        if (gateway.IsLoopback && BytesOf(own) is { } known)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, errors) =>
                errors == SslPolicyErrors.None || (shown is not null && shown.GetRawCertData().AsSpan().SequenceEqual(known));
        }

        Trust(handler, authorities);
        return handler;
    }

    /// <summary>Trusts only the authorities of a file, if one is given.</summary>
    /// <exception cref="ServeException">The file cannot be read.</exception>
    public static void Trust(SocketsHttpHandler handler, string? authorities)
    {
        if (authorities is null)
            return;
        try
        {
            handler.SslOptions.CertificateChainPolicy = CertificateFile.TrustOnly(authorities);
        }
        catch (CertificateFileException e)
        {
            handler.Dispose();
            throw new ServeException($"The file '{authorities}' of --cacert cannot be used: {e.Message}.", e);
        }
    }

    /// <summary>Why a gateway cannot be reached; of a failed handshake what is wrong with its certificate.</summary>
    public static string ReasonOf(HttpRequestException failure) => failure.InnerException is AuthenticationException handshake
        ? $"{handshake.Message} Pass --url with the name that its certificate is for. If a private authority issued it: --cacert FILE."
        : failure.Message;

    private static byte[]? BytesOf(ServerTlsOptions? own)
    {
        if (own?.Certificate is not { } file)
            return null;
        try
        {
            using var certificate = CertificateFile.Read(file, own.Key, own.Password, []);
            return certificate.RawData;
        }
        catch (CertificateFileException)
        {
            // The file may be readable for the gateway's own user alone.
            return null;
        }
    }
}
