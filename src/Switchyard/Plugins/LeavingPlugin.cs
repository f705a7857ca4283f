using Switchyard.Calls;

namespace Switchyard.Plugins;

/// <summary>
/// A plugin that is being unloaded: its calls end, then its objects are disposed, then its context is unloaded, and then its collection is
/// verified. Each step reports what it waits for. Thread-safe.
/// </summary>
/// <param name="plugin">The plugin, which no new call uses.</param>
/// <param name="holders">The configurations that contain it, whose calls may use it.</param>
internal sealed class LeavingPlugin(LoadedPlugin plugin, IReadOnlyList<InFlight> holders)
{
    private volatile PluginState _state = PluginState.Leaving;
    private volatile WeakReference? _context;

    public LoadedPlugin Plugin => plugin;

    /// <summary>Its state. A held plugin may still be released later.</summary>
    public PluginState State => _state == PluginState.Held && _context is { IsAlive: false } ? PluginState.Unloaded : _state;

    /// <summary>Completes when unloading has ended: it is collected, or its own code still holds it.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    /// <summary>The reason why it is not collected.</summary>
    public string Reason => State switch
    {
        PluginState.Unloaded => "",
        PluginState.Held => $"not collected after {PluginContexts.MostCollections} collections: something of its own still refers to it "
            + "(an event of the host that it has joined, a thread, a timer, a static field). It costs memory until the program ends",
        _ when holders.Sum(holder => holder.Count) is > 0 and var calls =>
            $"still held by {calls} running {(calls == 1 ? "call" : "calls")} that began with it",
        _ when plugin.Record.Running is > 0 and var runs =>
            $"still held by {runs} {(runs == 1 ? "run" : "runs")} of its code that {(runs == 1 ? "has" : "have")} not returned",
        _ => "it is being disposed",
    };

    /// <summary>Starts unloading. Called once.</summary>
    public void Begin() => Ended = LeaveAsync();

    public PluginUnloading ToResult() =>
        new() { Name = plugin.Manifest.Name, Version = plugin.Manifest.Version, State = State, Reason = Reason };

    /// <summary>At the end of the program: disposes the plugin's objects without verifying its collection.</summary>
    public async Task EndNowAsync()
    {
        await DisposeAllAsync().ConfigureAwait(false);
        _ = PluginContexts.Unload(plugin);
    }

    private async Task LeaveAsync()
    {
        await Task.WhenAll(holders.Select(holder => holder.Ended)).ConfigureAwait(false);
        // Only now: a call that was routed to one of its providers may not have reached it yet, or may try it again.
        await Task.WhenAll(plugin.Entries.Select(entry => entry.RetireAsync().AsTask())).ConfigureAwait(false);
        await Task.WhenAll(plugin.Entries.Select(entry => entry.WhenDisposed)).ConfigureAwait(false);
        await DisposeAllAsync().ConfigureAwait(false);
        await plugin.Record.IdleAsync().ConfigureAwait(false);
        _context = PluginContexts.Unload(plugin);
        _state = _context is not { } context || await PluginContexts.IsGoneAsync(context).ConfigureAwait(false)
            ? PluginState.Unloaded
            : PluginState.Held;
    }

    private async Task DisposeAllAsync()
    {
        foreach (var sink in plugin.Sinks)
            await sink.EndAsync().ConfigureAwait(false);
        await DisposeEntryAsync().ConfigureAwait(false);
    }

    private async Task DisposeEntryAsync()
    {
        try
        {
            await PluginRun.WithinAsync(plugin, plugin.Terms.Timeout, async () =>
            {
                switch (plugin.Entry?.Value)
                {
                    case IAsyncDisposable entry:
                        await entry.DisposeAsync().ConfigureAwait(false);
                        break;
                    case IDisposable entry:
                        entry.Dispose();
                        break;
                }

                return true;
            }).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            plugin.Fail("its disposal", PluginTrouble.TooSlow, null);
        }
        catch (Exception e)
        {
            plugin.Fail("its disposal", PluginTrouble.Threw, e);
        }
    }
}
