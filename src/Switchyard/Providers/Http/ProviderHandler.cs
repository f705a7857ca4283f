using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Switchyard.Configuration;
using Switchyard.Network;

namespace Switchyard.Providers.Http;

/// <summary>Creates the handler that sends a provider's requests.</summary>
internal static class ProviderHandler
{
    /// <summary>
    /// How long a connection may idle: less than the server's limit, so that it is rarely closed while in use. A self-hosted server (vLLM
    /// and others on uvicorn, Node) closes after 5 s; the pool checks once a second.
    /// </summary>
    private static readonly TimeSpan IdleAtServer = TimeSpan.FromSeconds(3);

    /// <summary>The same over TLS, where a proxy or a vendor's edge closes after 60 s or more, and a handshake is expensive.</summary>
    private static readonly TimeSpan IdleBehindProxy = TimeSpan.FromSeconds(50);

    /// <param name="provider">The provider's name.</param>
    /// <param name="settings">The provider's proxy and TLS.</param>
    /// <param name="context">The connect timeout, the proxy of the environment, and the network policy.</param>
    /// <param name="addresses">The base URLs. If none has a proxy, the handler does not look one up for each request.</param>
    /// <param name="fresh">Whether each request gets a new connection.</param>
    /// <exception cref="ProviderException">A file of a certificate cannot be used.</exception>
    public static SocketsHttpHandler Create(
        string provider, ProviderSettings settings, ProviderContext context, IReadOnlyList<Uri> addresses, bool fresh = false)
    {
        var proxy = ProviderProxy.Of(settings.Proxy, context.Proxy);
        Uri[] proxies = [.. addresses.Select(address => proxy?.GetProxy(address)).OfType<Uri>()];
        var usesProxy = proxies.Length > 0;
        var handler = new SocketsHttpHandler
        {
            UseProxy = usesProxy,
            Proxy = usesProxy ? proxy : null,
            UseCookies = false,
            // A redirect would send the credential to an address that is not configured.
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            // A call's trace headers are written with its other headers; requests about the provider itself have none.
            ActivityHeadersPropagator = null,
            ConnectTimeout = context.ConnectTimeout,
            // Long enough to spare handshakes, short enough to follow a vendor's DNS.
            PooledConnectionLifetime = fresh ? TimeSpan.Zero : TimeSpan.FromMinutes(10),
            PooledConnectionIdleTimeout = addresses.All(address => address.Scheme == Uri.UriSchemeHttps) ? IdleBehindProxy : IdleAtServer,
            ConnectCallback = (connection, cancellationToken) => context.Egress is { } guard && !IsOneOf(proxies, connection.DnsEndPoint)
                ? guard.ConnectAsync(
                    connection.DnsEndPoint, RequestOf(provider, connection), context.TimeProvider, cancellationToken)
                : HappyEyeballs.ConnectAsync(connection.DnsEndPoint, context.TimeProvider, cancellationToken),
            PlaintextStreamFilter = (connection, _) => new(new ReusedConnection(connection.PlaintextStream, context.TimeProvider)),
            // An abandoned answer is not drained: its connection must close within 100 ms. After the last frame of a finished answer the
            // rest has already arrived.
            ResponseDrainTimeout = TimeSpan.FromMilliseconds(50),
            EnableMultipleHttp2Connections = true,
            MaxConnectionsPerServer = int.MaxValue,
        };
        if (settings.Tls is { } tls)
            handler.SslOptions = TlsOf(tls);
        return handler;
    }

    // The operator configured the proxy, and the proxy resolves the provider's name, so no address can be checked.
    private static bool IsOneOf(Uri[] proxies, DnsEndPoint host) =>
        Array.Exists(proxies, proxy => proxy.Port == host.Port && proxy.IdnHost.Equals(host.Host, StringComparison.OrdinalIgnoreCase));

    private static EgressRequest RequestOf(string provider, SocketsHttpConnectionContext connection) =>
        new(EgressActions.ProviderConnect, connection.InitialRequestMessage.RequestUri) { Provider = provider };

    private static SslClientAuthenticationOptions TlsOf(ProviderTls tls)
    {
        var options = new SslClientAuthenticationOptions();
        try
        {
            if (tls.Ca is { } ca)
                options.CertificateChainPolicy = CertificateFile.TrustOnly(ca);

            if (tls.Certificate is { } certificate)
            {
                var intermediates = new X509Certificate2Collection();
                var own = CertificateFile.Read(certificate, tls.Key, password: null, intermediates);
                options.ClientCertificateContext = SslStreamCertificateContext.Create(own, intermediates, offline: true);
            }
        }
        catch (CertificateFileException e)
        {
            throw new ProviderException($"A file named under tls cannot be used: {e.Message}.", e);
        }

        if (tls.Insecure)
#pragma warning disable CA5359 // Explicitly configured by the operator.
            options.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        return options;
    }
}
