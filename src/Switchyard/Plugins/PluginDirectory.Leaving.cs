using Microsoft.Extensions.Logging;
using Switchyard.Calls;

namespace Switchyard.Plugins;

/// <summary>Unloads plugins, and tracks them until they are collected.</summary>
public sealed partial class PluginDirectory
{
    private readonly List<LeavingPlugin> _leaving = [];
    private List<(IReadOnlyList<LoadedPlugin> Plugins, InFlight Calls)> _holders = [];

    /// <summary>Records that a configuration was built with the loaded plugins, which its calls hold.</summary>
    internal void Hold(PluginSet? set, InFlight calls)
    {
        if (set is null)
            return;
        lock (_gate)
            _holders = [.. _holders.Where(holder => !holder.Calls.Ended.IsCompleted), (set.Plugins, calls)];
    }

    private async ValueTask TakeOutAsync(LoadedPlugin plugin)
    {
        _loaded = [.. _loaded.Where(other => other != plugin)];
        // Without the plugin it is the previous configuration, so nothing in it can be refused.
        if (await ApplyAsync().ConfigureAwait(false) is { } refused)
            LogNotApplied(plugin.Id, refused);
        LetGo(plugin);
    }

    private void LetGo(LoadedPlugin plugin)
    {
        foreach (var entry in plugin.Entries)
            _registry.Withdraw(entry);
        Leave(plugin);
    }

    private void Leave(LoadedPlugin plugin)
    {
        LeavingPlugin leaving;
        lock (_gate)
        {
            leaving = new(plugin, [.. _holders.Where(holder => holder.Plugins.Contains(plugin)).Select(holder => holder.Calls)]);
            _leaving.Add(leaving);
        }

        leaving.Begin();
        _ = ForgetAsync(leaving);
    }

    /// <summary>A collected plugin is no longer listed; a held one is listed and logged.</summary>
    private async Task ForgetAsync(LeavingPlugin leaving)
    {
        await leaving.Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            // Also drops the last configuration that had it.
            _holders = [.. _holders.Where(holder => !holder.Calls.Ended.IsCompleted)];
            if (leaving.State == PluginState.Unloaded)
                _leaving.Remove(leaving);
        }

        if (leaving.State == PluginState.Unloaded)
            LogUnloaded(leaving.Plugin.Id);
        else
            LogHeld(leaving.Plugin.Id, leaving.Reason);
    }

    private async ValueTask<PluginUnloading> WaitAsync(LoadedPlugin plugin, CancellationToken cancellationToken)
    {
        LeavingPlugin? leaving;
        lock (_gate)
            leaving = _leaving.Find(other => other.Plugin == plugin);
        if (leaving is null)
            return new() { Name = plugin.Manifest.Name, Version = plugin.Manifest.Version, State = PluginState.Unloaded };
        await leaving.Ended.WaitAsync(_options.UnloadWait, _time, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return leaving.ToResult();
    }

    [LoggerMessage(11, LogLevel.Information, "Plugin {Plugin} is unloaded and out of memory")]
    private partial void LogUnloaded(string plugin);

    [LoggerMessage(12, LogLevel.Warning, "Plugin {Plugin} is no longer part of any call, and {Reason}")]
    private partial void LogHeld(string plugin, string reason);

    [LoggerMessage(13, LogLevel.Error, "Plugin {Plugin} is unloaded, and the configuration could not be applied without it: {Reason}")]
    private partial void LogNotApplied(string plugin, string reason);
}
