using System.Runtime.InteropServices;
using Switchyard.Configuration;
using Switchyard.Configuration.Reload;
using Switchyard.Engine;
using Switchyard.Providers.Registry;

namespace Switchyard.Server.Serving;

/// <summary>Applies a changed configuration to a running gateway, or refuses it.</summary>
internal sealed class GatewayReload(ServeRequest request, IGatewaySides sides, SwitchyardEngine engine)
{
    /// <summary>Begins to follow the configuration's files.</summary>
    /// <param name="configuration">How to load it.</param>
    /// <param name="loaded">The state of the files when they were loaded for the start; null if unknown.</param>
    /// <param name="loggers">The loggers.</param>
    public ConfigurationWatcher Watch(ConfigurationRequest configuration, FileFingerprint? loaded, ILoggerFactory loggers)
    {
        var watcher = new ConfigurationWatcher(
            () => configuration,
            engine.Snapshot.Generation,
            (options, cancellation) => Refuse(engine.Configuration.Over(options)) is { } reason
                ? new(new ReloadOutcome { Applied = false, Generation = engine.Snapshot.Generation, Reason = reason })
                : ApplyAsync(options, cancellation),
            loggers.CreateLogger<ConfigurationWatcher>(),
            loaded: loaded);
        watcher.Start();
        return watcher;
    }

    /// <summary>
    /// Keeps SIGHUP from ending the process while it starts, which may take minutes behind a migration; null where the system has no such
    /// signal. A changed file is loaded all the same: it is compared with what was loaded for the start.
    /// </summary>
    public static PosixSignalRegistration? IgnoreHangUp() => OperatingSystem.IsWindows() ? null
        : PosixSignalRegistration.Create(PosixSignal.SIGHUP, static signal => signal.Cancel = true);

    /// <summary>Loads the configuration again on SIGHUP; null where the system has no such signal.</summary>
    public static PosixSignalRegistration? OnHangUp(ConfigurationWatcher watcher) => OperatingSystem.IsWindows() ? null
        : PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            // The watcher logs a failure, and the old configuration stays in force.
            _ = watcher.ReloadAsync();
        });

    private async ValueTask<ReloadOutcome> ApplyAsync(SwitchyardOptions options, CancellationToken cancellationToken)
    {
        var outcome = await engine.ApplyAsync(options, cancellationToken);
        return outcome.Applied && request.NeedsRestart(options) is { } left ? outcome with { Reason = left } : outcome;
    }

    private string? Refuse(SwitchyardOptions options) =>
        request.Refuse(options) ?? sides.Refuse(options) ?? ReloadGuard.Refuse(engine.Options, options)
            ?? engine.Keys.RefuseLostTenant(engine.Options, options) ?? RefuseWithoutProvider(options);

    /// <summary>Refuses a configuration without providers: the file is more likely incomplete than meant to serve no calls.</summary>
    private static string? RefuseWithoutProvider(SwitchyardOptions options) =>
        // Secret stores may enable providers too, which is not known here.
        options.Secrets is { Directory: null, EnvFile: null, File: null } && new ProviderActivator().Activate(options).Providers.Count == 0
            ? "the new configuration enables no provider; restart to run without any"
            : null;
}
