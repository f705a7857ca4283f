using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Providers.Registry;

namespace Switchyard.Plugins;

/// <summary>
/// The plugins of an engine: loaded, replaced, switched on and unloaded while calls run. A call keeps the plugins it began with until it
/// ends. Changes are serialised; each is applied completely or not at all. Thread-safe.
/// </summary>
public sealed partial class PluginDirectory : IAsyncDisposable, IDisposable
{
    private readonly PluginLoader _loader;
    private readonly ProviderRegistry _registry;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _changing = new(1, 1);
    private readonly Lock _gate = new();
    private volatile LoadedPlugin[] _loaded = [];
    private volatile PluginsOptions _options = new();
    private volatile Func<CancellationToken, ValueTask<string?>>? _apply;

    internal PluginDirectory(ProviderRegistry registry, PluginEvents events, ILoggerFactory loggers, TimeProvider time)
    {
        _registry = registry;
        _time = time;
        _logger = loggers.CreateLogger<PluginDirectory>();
        _loader = new PluginLoader(registry, events, loggers, time);
        _folder = new PluginFolder(this, time, _logger);
    }

    /// <summary>The section for the configuration that is being built.</summary>
    internal PluginSet? Current => PluginSet.Of(_loaded);

    /// <summary>Loads a plugin. Calls that begin from now on have it.</summary>
    /// <param name="folder">Its folder, which holds <c>plugin.json</c>.</param>
    /// <param name="cancellationToken">Cancels the loading; nothing is changed then.</param>
    /// <exception cref="PluginException">It cannot be loaded; nothing has changed.</exception>
    [RequiresUnreferencedCode(PluginSupport.NeedsWholeProgram)]
    public async ValueTask<PluginStatus> LoadAsync(string folder, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        using (await EnterAsync(cancellationToken).ConfigureAwait(false))
        {
            folder = Path.GetFullPath(folder);
            var manifest = PluginManifest.Read(folder);
            if (Find(manifest.Id) is { } same)
            {
                throw new PluginException(
                    PluginFault.Conflict,
                    $"Plugin '{same.Id}' is loaded already, from '{same.Folder}'. Replace it, or give it another version.");
            }

            RefuseSameProviders(manifest, except: null);
            return StatusOf(await PutInForceAsync(manifest, folder, old: null, cancellationToken).ConfigureAwait(false));
        }
    }

    /// <summary>
    /// Loads a plugin in place of the loaded one with its name: of several versions the one from the same folder, else the one of the same
    /// version. If none is loaded it is only loaded. Running calls end on the old one; if the new one cannot be loaded, the old one stays.
    /// </summary>
    /// <param name="folder">The folder of the new one.</param>
    /// <param name="replaces">The plugin it replaces, as <c>name</c> or <c>name@version</c>; null finds it.</param>
    /// <param name="cancellationToken">Cancels the loading; nothing is changed then.</param>
    /// <exception cref="PluginException">It cannot be loaded; nothing has changed.</exception>
    [RequiresUnreferencedCode(PluginSupport.NeedsWholeProgram)]
    public async ValueTask<PluginReplacement> ReplaceAsync(
        string folder, string? replaces = null, CancellationToken cancellationToken = default)
    {
        var (loaded, old) = await ReplaceNowAsync(folder, replaces, cancellationToken).ConfigureAwait(false);
        return new(loaded, old is null ? null : await WaitAsync(old, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>
    /// Unloads a plugin: calls that begin from now on do not have it. Waits until it is collected, at most <c>plugins.unload_wait</c>; if
    /// it is still held, the reason is in the result and in <see cref="List"/>.
    /// </summary>
    /// <param name="name">Its <c>name</c>, or <c>name@version</c> if several versions are loaded.</param>
    /// <param name="cancellationToken">Cancels the wait, not the unloading.</param>
    /// <exception cref="PluginException">There is no such plugin, or the name is ambiguous.</exception>
    public async ValueTask<PluginUnloading> UnloadAsync(string name, CancellationToken cancellationToken = default)
    {
        var plugin = await UnloadNowAsync(name, cancellationToken).ConfigureAwait(false);
        return await WaitAsync(plugin, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Switches on a plugin that was switched off after failures; no effect if it is on.</summary>
    /// <exception cref="PluginException">There is no such plugin, or the name is ambiguous.</exception>
    public PluginStatus Enable(string name)
    {
        var plugin = Require(name);
        if (plugin.Record.SwitchOn())
            LogSwitchedOn(plugin.Id);
        return StatusOf(plugin);
    }

    /// <summary>All plugins, by name and version: running, leaving, and failed to load from the folder.</summary>
    public IReadOnlyList<PluginStatus> List()
    {
        List<LeavingPlugin> leaving;
        lock (_gate)
        {
            _leaving.RemoveAll(gone => gone.State == PluginState.Unloaded);
            leaving = [.. _leaving];
        }

        return
        [
            .. _loaded.Select(StatusOf)
                .Concat(leaving.Select(gone => StatusOf(gone.Plugin) with { State = gone.State, Reason = gone.Reason }))
                .Concat(_folder.Failed)
                .OrderBy(status => status.Name, StringComparer.Ordinal).ThenBy(status => status.Version, StringComparer.Ordinal),
        ];
    }

    /// <summary>As <see cref="DisposeAsync"/>, for containers that are disposed synchronously. Blocks until it is done.</summary>
    public void Dispose() => Task.Run(() => DisposeAsync().AsTask()).GetAwaiter().GetResult();

    /// <summary>
    /// Stops watching, and disposes the objects of plugins. Unloads their contexts without verifying their collection. The engine calls it
    /// when its providers are disposed; further calls do nothing.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        foreach (var plugin in Interlocked.Exchange(ref _loaded, []))
            await new LeavingPlugin(plugin, []).EndNowAsync().ConfigureAwait(false);
    }

    /// <summary>Applies each later change at once. Called by the engine when it has started, with the plugins loaded until then.</summary>
    /// <param name="apply">Applies the current configuration again, and returns the reason for a refusal.</param>
    internal void ApplyWith(Func<CancellationToken, ValueTask<string?>> apply) => _apply = apply;

    /// <summary>Stops following the folder.</summary>
    internal async ValueTask StopAsync()
    {
        _apply = null;
        await _folder.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>As <see cref="ReplaceAsync"/>, without waiting for the old one to be collected.</summary>
    [RequiresUnreferencedCode(PluginSupport.NeedsWholeProgram)]
    internal async ValueTask<(PluginStatus Loaded, LoadedPlugin? Old)> ReplaceNowAsync(
        string folder, string? replaces, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        using (await EnterAsync(cancellationToken).ConfigureAwait(false))
        {
            folder = Path.GetFullPath(folder);
            var manifest = PluginManifest.Read(folder);
            var old = replaces is null ? OldOf(manifest, folder) : Require(replaces);
            if (Find(manifest.Id) is { } same && same != old)
                throw new PluginException(PluginFault.Conflict, $"Plugin '{same.Id}' is loaded beside '{old?.Id}'. Unload one of them.");
            RefuseSameProviders(manifest, old);
            return (StatusOf(await PutInForceAsync(manifest, folder, old, cancellationToken).ConfigureAwait(false)), old);
        }
    }

    /// <summary>As <see cref="UnloadAsync"/>, without waiting for it to be collected.</summary>
    internal async ValueTask<LoadedPlugin> UnloadNowAsync(string name, CancellationToken cancellationToken)
    {
        using (await EnterAsync(cancellationToken).ConfigureAwait(false))
        {
            var plugin = Require(name);
            await TakeOutAsync(plugin).ConfigureAwait(false);
            return plugin;
        }
    }

    /// <summary>Applies the configuration again, so that new calls have the loaded plugins; before the start it does nothing.</summary>
    /// <returns>The reason for a refusal; null for none.</returns>
    private ValueTask<string?> ApplyAsync() => _apply is { } apply ? apply(CancellationToken.None) : default;

    private async ValueTask<Changing> EnterAsync(CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Changing(_changing);
    }

    [RequiresUnreferencedCode(PluginSupport.NeedsWholeProgram)]
    private async ValueTask<LoadedPlugin> PutInForceAsync(
        PluginManifest manifest, string folder, LoadedPlugin? old, CancellationToken cancellationToken)
    {
        if (!PluginSupport.IsSupported)
            throw PluginSupport.Unsupported();
        var plugin = await _loader.LoadAsync(manifest, folder, _options, cancellationToken).ConfigureAwait(false);
        var before = _loaded;
        // Before the configuration that leaves the old version out: a call of that configuration must not be routed to the old one. Under
        // the same name it would replace the old one, which must stay if the configuration is refused.
        var isFirst = old is not null && old.Manifest.Version != manifest.Version;
        if (isFirst)
            await PublishAsync(plugin).ConfigureAwait(false);
        _loaded = old is null ? [.. before, plugin] : [.. before.Select(other => other == old ? plugin : other)];
        if (await ApplyAsync().ConfigureAwait(false) is { } refused)
        {
            _loaded = before;
            LetGo(plugin);
            throw new PluginException(
                PluginFault.Failed, $"Plugin '{plugin.Id}' was not loaded, as the configuration then fails: {refused}");
        }

        if (!isFirst)
            await PublishAsync(plugin).ConfigureAwait(false);
        if (old is not null)
            LetGo(old);
        PreferVersions();
        LogLoaded(plugin.Id, old is null ? "" : $" in place of {old.Id}", string.Join(", ", manifest.Adds));
        return plugin;
    }

    private async ValueTask PublishAsync(LoadedPlugin plugin)
    {
        foreach (var entry in plugin.Entries)
            await _registry.PublishAsync(entry, replace: true).ConfigureAwait(false);
    }

    private static PluginStatus StatusOf(LoadedPlugin plugin)
    {
        var (manifest, record) = (plugin.Manifest, plugin.Record);
        var (failures, timeouts, inARow, last) = record.Failures;
        return new PluginStatus
        {
            Name = manifest.Name,
            Version = manifest.Version,
            State = record.IsOff ? PluginState.Off : PluginState.Running,
            Reason = record.IsOff ? $"switched off after {inARow} failures in a row; switch it on again, or replace it" : "",
            Folder = plugin.Folder,
            Description = manifest.Description,
            Adds = manifest.Adds,
            FailsClosed = plugin.Terms.FailsClosed,
            Timeout = plugin.Terms.Timeout,
            LoadedAt = plugin.LoadedAt,
            Runs = record.Runs,
            Running = record.Running,
            Failures = failures,
            Timeouts = timeouts,
            FailuresInARow = inARow,
            LastFailure = last,
            LostRecords = record.Lost,
        };
    }

    private sealed class Changing(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }

    [LoggerMessage(10, LogLevel.Information, "Plugin {Plugin} is loaded{Instead}; it adds {Adds}")]
    private partial void LogLoaded(string plugin, string instead, string adds);

    [LoggerMessage(14, LogLevel.Information, "Plugin {Plugin} is switched on again")]
    private partial void LogSwitchedOn(string plugin);
}
