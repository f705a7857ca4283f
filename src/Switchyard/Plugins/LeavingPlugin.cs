using Switchyard.Calls;

namespace Switchyard.Plugins;

/// <summary>
/// A plugin on its way out: calls that began with it end, then its own objects are disposed, then its context is unloaded, and then it is
/// looked whether it is gone. Each step says what it waits for. Thread-safe.
/// </summary>
/// <param name="plugin">The plugin. No new call finds it any more.</param>
/// <param name="holders">The configurations that have it, whose calls may use it.</param>
internal sealed class LeavingPlugin(LoadedPlugin plugin, IReadOnlyList<InFlight> holders)
{
    private volatile PluginState _state = PluginState.Leaving;
    private volatile WeakReference? _context;

    public LoadedPlugin Plugin => plugin;

    /// <summary>What becomes of it. What held it may let go of it later.</summary>
    public PluginState State => _state == PluginState.Held && _context is { IsAlive: false } ? PluginState.Unloaded : _state;

    /// <summary>Completes when nothing can be done for it any more: it is gone, or something of its own holds it.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    /// <summary>Why it is not gone.</summary>
    public string Reason => State switch
    {
        PluginState.Unloaded => "",
        PluginState.Held => $"not collected after {PluginContexts.MostCollections} collections: something of its own still refers to it "
            + "(an event of the host that it has joined, a thread, a timer, a static field). It costs memory until the program ends",
        _ when holders.Sum(holder => holder.Count) is > 0 and var calls =>
            $"still held by {calls} running {(calls == 1 ? "call" : "calls")} that began with it",
        _ when plugin.Record.Running is > 0 and var runs =>
            $"still held by {runs} {(runs == 1 ? "run" : "runs")} of its code that {(runs == 1 ? "has" : "have")} not come back",
        _ => "it is being disposed",
    };

    /// <summary>Begins. Called once.</summary>
    public void Begin() => Ended = LeaveAsync();

    public PluginUnloading ToResult() => new(plugin.Manifest.Name, plugin.Manifest.Version, State, Reason);

    /// <summary>Of a program that ends: the plugin's objects are disposed, and nobody looks whether it is gone.</summary>
    public async Task EndNowAsync()
    {
        await DisposeAllAsync().ConfigureAwait(false);
        _ = PluginContexts.Unload(plugin);
    }

    private async Task LeaveAsync()
    {
        await Task.WhenAll(holders.Select(holder => holder.Ended)).ConfigureAwait(false);
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
