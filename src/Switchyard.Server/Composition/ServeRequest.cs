using Microsoft.Extensions.Logging;
using Switchyard.Configuration;

namespace Switchyard.Server.Composition;

/// <summary>The options of <c>switchyard serve</c>, with a valid configuration.</summary>
internal sealed record ServeRequest
{
    /// <summary>The configuration to begin with. <c>--urls</c> is in its <c>server.urls</c> already.</summary>
    public required SwitchyardOptions Options { get; init; }

    /// <summary>How to load it again.</summary>
    public required ConfigurationRequest Configuration { get; init; }

    /// <summary>Whether <c>--insecure</c> was given: a reachable address without client keys is allowed.</summary>
    public required bool Insecure { get; init; }

    /// <summary>The minimum level that is logged.</summary>
    public required LogLevel LogLevel { get; init; }

    /// <summary>Whether each line of output is a JSON object.</summary>
    public bool LogsJson => Options.Logs.Format == "json";

    /// <summary>What a reload has changed and cannot apply, with what to do; null when it can apply everything.</summary>
    public string? NeedsRestart(SwitchyardOptions options)
    {
        var (now, then) = (options.Server, Options.Server);
        (string Key, bool Changed)[] atStart =
        [
            ("server.urls", now.Urls != then.Urls),
            ("server.h2c_urls", now.H2cUrls != then.H2cUrls),
            ("server.path_base", now.PathBase != then.PathBase),
            ("server.tls", TlsOf(now) != TlsOf(then)),
            ("server.shutdown_delay", now.ShutdownDelay != then.ShutdownDelay),
            ("server.shutdown_grace", now.ShutdownGrace != then.ShutdownGrace),
            ("admin.urls", options.Admin.Urls != Options.Admin.Urls),
            ("telemetry.semconv", options.Telemetry.Semconv != Options.Telemetry.Semconv),
            ("logs.format", options.Logs.Format != Options.Logs.Format),
        ];
        var changed = atStart.Where(setting => setting.Changed).Select(setting => setting.Key).ToList();
        return changed.Count == 0 ? null : $"{string.Join(" and ", changed)}: needs a restart, all else is in force";
    }

    /// <summary>
    /// The reason not to serve with these options on the addresses listened on; null when it is safe. Checked again at each reload: a file
    /// that loses its keys must not open a gateway that was closed.
    /// </summary>
    public string? Refuse(SwitchyardOptions options) =>
        ListenAddressPolicy.Check($"{Options.Server.Urls};{Options.Server.H2cUrls}", options.AsksForKeys, Insecure);

    private static (string? Certificate, string? Key, string? Password) TlsOf(ServerOptions server) =>
        (server.Tls.Certificate, server.Tls.Key, server.Tls.Password);
}
