using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Switchyard.Configuration;

namespace Switchyard.Server.Serving;

/// <summary>Where and how the server listens: addresses, certificate, protocols.</summary>
internal static class ListenSettings
{
    private const string CertificateVariables = "ASPNETCORE_Kestrel__Certificates";

    public static void Apply(ConfigureWebHostBuilder host, ServerOptions server, AdminOptions admin)
    {
        var adminUrls = ListenAddressPolicy.Split(admin.Urls ?? "");
        var adminEnds = adminUrls.Select(ListenAddressPolicy.EndOf).ToHashSet(StringComparer.Ordinal);
        var plain = ListenAddressPolicy.Split(server.H2cUrls ?? "");
        var ports = plain.Select(ListenAddressPolicy.PortOf).ToHashSet();
        host.UseUrls([.. ListenAddressPolicy.Split(server.Urls), .. plain, .. adminUrls]);
        host.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // The gateway checks the limit itself, so that it can answer in the client's dialect.
            kestrel.Limits.MaxRequestBodySize = null;
            if (ports.Count + adminEnds.Count > 0)
            {
                kestrel.ConfigureEndpointDefaults(endpoint =>
                {
                    if (ports.Contains(endpoint.IPEndPoint?.Port))
                        endpoint.Protocols = HttpProtocols.Http2;
                    if (adminEnds.Contains(EndOf(endpoint)))
                        endpoint.UseSwitchyardAdmin();
                });
            }
        });
        if (!IsHttps(server.Urls) && !IsHttps(admin.Urls))
            return;
        host.UseKestrelHttpsConfiguration();
        host.ConfigureKestrel(kestrel => UseCertificate(kestrel, server.Tls));
    }

    /// <summary>Why the certificate cannot be used; null if it can, or if none is configured.</summary>
    public static string? FindProblem(ServerTlsOptions tls) =>
        CertificateFile.FindProblem(tls.Certificate, tls.Key, tls.Password) is { } reason
            ? $"The certificate of server.tls ({string.Join(", ", FilesOf(tls))}) cannot be used: {reason}."
            : null;

    /// <summary>What keeps <c>serve</c> from listening with the configuration alone: a missing switch or certificate.</summary>
    public static IEnumerable<string> FindWarnings(SwitchyardOptions options)
    {
        var server = options.Server;
        if (ListenAddressPolicy.Check($"{server.Urls};{server.H2cUrls}", options.AsksForKeys, insecure: false) is { } refused)
            yield return $"serve: {refused}";
        var variables = Environment.GetEnvironmentVariables().Keys.Cast<string>();
        if (IsHttps(server.Urls) && server.Tls.Certificate is null
            && !variables.Any(name => name.StartsWith(CertificateVariables, StringComparison.OrdinalIgnoreCase)))
        {
            yield return "serve: an https address needs server.tls.certificate; without it only a development certificate is looked for";
        }
    }

    private static bool IsHttps(string? urls) => urls?.Contains("https://", StringComparison.OrdinalIgnoreCase) is true;

    /// <summary>Identifies an endpoint as <see cref="ListenAddressPolicy.EndOf"/> does.</summary>
    private static string? EndOf(ListenOptions endpoint) =>
        endpoint.SocketPath ?? endpoint.PipeName ?? endpoint.IPEndPoint?.Port.ToString(CultureInfo.InvariantCulture);

    private static IEnumerable<string> FilesOf(ServerTlsOptions tls) => new[] { tls.Certificate, tls.Key }.OfType<string>();

    private static void UseCertificate(KestrelServerOptions kestrel, ServerTlsOptions tls)
    {
        if (tls.Certificate is not { } file)
        {
            // Only Kestrel's variables for certificates: those for endpoints would open addresses that are not checked.
            var variables = new ConfigurationBuilder().AddEnvironmentVariables(CertificateVariables).Build();
            var settings = variables.AsEnumerable()
                .Select(pair => KeyValuePair.Create("Certificates" + (pair.Key.StartsWith(':') ? "" : ":") + pair.Key, pair.Value));
            kestrel.Configure(new ConfigurationBuilder().AddInMemoryCollection(settings).Build());
            return;
        }

        var intermediates = new X509Certificate2Collection();
        var certificate = CertificateFile.Read(file, tls.Key, tls.Password, intermediates);
        kestrel.ConfigureHttpsDefaults(https =>
        {
            https.ServerCertificate = certificate;
            https.ServerCertificateChain = intermediates;
        });
    }
}
