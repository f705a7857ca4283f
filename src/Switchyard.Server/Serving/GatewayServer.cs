using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Switchyard.Configuration.Reload;
using Switchyard.Engine;
using Switchyard.Gateway.Health;

namespace Switchyard.Server.Serving;

/// <summary>The gateway as a process: listens, reloads when its file changes or on SIGHUP, and drains streams at shutdown.</summary>
internal static partial class GatewayServer
{
    public static async Task RunAsync(ServeRequest request, IGatewaySides sides, CancellationToken cancellationToken)
    {
        if (ListenSettings.FindProblem(request.Options.Server.Tls) is { } problem)
            throw new ServeException(problem);
        using var early = GatewayReload.IgnoreHangUp();
        // Taken before the start, which may wait for another process's migration: a change of the file meanwhile must be noticed.
        FileFingerprint? loaded = request.Configuration is { } read ? FileFingerprint.Of(read) : null;
        // Before the runtime starts its socket thread: a new thread inherits the scheduling of the one that starts it.
        if (request.Options.Server.Scheduling == "batch")
            BatchScheduling.Apply();
        var start = new StartUp();
        await using var app = Build(request, sides, start);
        if (request.Options.Server.PathBase is { Length: > 0 } path)
            app.UsePathBase(path);
        sides.Use(app, request.Options);
        app.UseSwitchyardCors();
        app.UseRouting();
        app.UseSwitchyardFallback();
        app.MapSwitchyard();
        await ListenAsync(app, request, cancellationToken);
        start.IsOver = true;

        var engine = app.Services.GetRequiredService<SwitchyardEngine>();
        await using var watcher = request.Configuration is { } configuration
            ? new GatewayReload(request, sides, engine).Watch(configuration, loaded, app.Services.GetRequiredService<ILoggerFactory>())
            : null;
        using var hangUp = watcher is null ? null : GatewayReload.OnHangUp(watcher);
        if (request.LogsJson)
        {
            var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(GatewayServer));
            LogListening(logger, Address(app), string.Join(", ", engine.ProviderNames));
        }
        else
        {
            await Console.Out.WriteLineAsync(
                Greeting.For(Address(app), engine, request, sides.NextSteps(Address(app), engine, request)));
        }

        await app.WaitForShutdownAsync(cancellationToken);
    }

    /// <exception cref="ServeException">An address cannot be listened on, or the engine cannot open its files.</exception>
    private static async Task ListenAsync(WebApplication app, ServeRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (IOException e) when (e.InnerException is not (AddressInUseException or AggregateException))
        {
            // A file of the engine failed, such as a ledger that another process holds; the address is not the cause.
            throw new ServeException(e.Message, e);
        }
        catch (Exception e) when (e is IOException or SocketException or InvalidOperationException)
        {
            var wayOut = e.InnerException is AddressInUseException
                ? " Another program listens there, perhaps a gateway (check with 'switchyard ping'); --urls sets another address."
                : "";
            throw new ServeException($"cannot listen on {request.Options.Server.Urls}: {e.Message.ReplaceLineEndings(" ")}{wayOut}", e);
        }
    }

    private static WebApplication Build(ServeRequest request, IGatewaySides sides, StartUp start)
    {
        // The empty builder starts in a fraction of the time: no appsettings, environment scan or second configuration.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.SetMinimumLevel(request.LogLevel);
        builder.Logging.AddFilter("Microsoft", request.LogLevel < LogLevel.Warning ? LogLevel.Warning : request.LogLevel);
        // During the start the command reports a failure in one line; these categories would log stack traces.
        foreach (var category in (string[])["Microsoft.AspNetCore.Server.Kestrel", "Microsoft.Extensions.Hosting.Internal.Host"])
        {
            builder.Services.Configure<LoggerFilterOptions>(filter => filter.Rules.Add(
                new LoggerFilterRule(null, category, LogLevel.Warning, (_, _, level) => start.IsOver && level >= request.LogLevel)));
        }

        // If this category can log at all, the host begins an activity and a log scope for every request.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        builder.Logging.AddSwitchyardConsole(request.LogsJson);
        var server = request.Options.Server;
        ListenSettings.Apply(builder.WebHost, server, request.Options.Admin);
        builder.Services.Configure<HostOptions>(
            host => host.ShutdownTimeout = server.ShutdownDelay + server.ShutdownGrace + LastCalls.Reserve);
        builder.Services.AddHostedService(services => ActivatorUtilities.CreateInstance<StopDelay>(services, server.ShutdownDelay));
        sides.AddTo(builder.Services.AddSwitchyard(request.Options), request.Options);
        builder.Services.AddSwitchyardGateway();
        sides.AddExport(builder.Services);
        return builder.Build();
    }

    [LoggerMessage(1, LogLevel.Information, "Switchyard listens on {Address}; providers: {Providers}")]
    private static partial void LogListening(ILogger logger, string address, string providers);

    private static string Address(WebApplication app) =>
        app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? "";

    /// <summary>Whether the server has begun to listen.</summary>
    private sealed class StartUp
    {
        public volatile bool IsOver;
    }
}
