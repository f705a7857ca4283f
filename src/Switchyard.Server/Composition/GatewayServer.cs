using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Logging.Console;
using Switchyard.Configuration.Reload;
using Switchyard.Engine;

namespace Switchyard.Server.Composition;

/// <summary>The gateway as a process: listens, reloads when its file changes or on SIGHUP, and drains streams at shutdown.</summary>
internal static class GatewayServer
{
    public static async Task RunAsync(ServeRequest request, CancellationToken cancellationToken)
    {
        await using var app = Build(request);
        app.UseRouting();
        app.UseSwitchyardFallback();
        app.MapSwitchyard();
        await app.StartAsync(cancellationToken);

        var engine = app.Services.GetRequiredService<SwitchyardEngine>();
        await using var watcher = Watch(request, engine, app.Services.GetRequiredService<ILoggerFactory>());
        using var hangUp = OnHangUp(watcher);
        await Console.Out.WriteLineAsync(Greeting.For(Address(app), engine, request));
        await app.WaitForShutdownAsync(cancellationToken);
    }

    private static WebApplication Build(ServeRequest request)
    {
        // The empty builder starts in a fraction of the time: no appsettings, no environment scan, no second configuration.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.SetMinimumLevel(request.LogLevel);
        builder.Logging.AddFilter("Microsoft", request.LogLevel < LogLevel.Warning ? LogLevel.Warning : request.LogLevel);
        // As long as this category may log anything at all, the host begins an activity and a log scope for every request.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            console.ColorBehavior = LoggerColorBehavior.Default;
        });
        var server = request.Options.Server;
        builder.WebHost.UseUrls(server.Urls);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // The limit is checked where the answer can be given in the client's dialect.
            kestrel.Limits.MaxRequestBodySize = null;
        });
        if (server.Urls.Contains("https://", StringComparison.OrdinalIgnoreCase))
            builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = server.ShutdownGrace);
        builder.Services.AddSwitchyard(request.Options).AddSwitchyardCloud();
        builder.Services.AddSwitchyardGateway();
        return builder.Build();
    }

    private static ConfigurationWatcher Watch(ServeRequest request, SwitchyardEngine engine, ILoggerFactory loggers)
    {
        var watcher = new ConfigurationWatcher(
            () => request.Configuration,
            engine.Snapshot.Generation,
            // A file that has lost its keys must not open a gateway that was closed.
            (options, cancellation) => request.Refuse(options) is { } reason
                ? new(new ReloadOutcome(false, engine.Snapshot.Generation, reason))
                : engine.ApplyAsync(options, cancellation),
            loggers.CreateLogger<ConfigurationWatcher>());
        watcher.Start();
        return watcher;
    }

    private static PosixSignalRegistration? OnHangUp(ConfigurationWatcher watcher) => OperatingSystem.IsWindows() ? null
        : PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            // What goes wrong is logged by the watcher, and the old configuration stays.
            _ = watcher.ReloadAsync();
        });

    private static string Address(WebApplication app) =>
        app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? "";
}
