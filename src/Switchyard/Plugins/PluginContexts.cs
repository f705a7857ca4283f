using System.Runtime.CompilerServices;

namespace Switchyard.Plugins;

/// <summary>Unloads contexts, and verifies their collection.</summary>
internal static class PluginContexts
{
    /// <summary>The maximum number of garbage collections to wait for a context. Usually two suffice.</summary>
    public const int MostCollections = 10;

    /// <summary>Cuts all references to the plugin's objects and unloads its context.</summary>
    /// <returns>A weak reference to the context; null if it has none.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static WeakReference? Unload(LoadedPlugin plugin)
    {
        if (plugin.Context?.Value is not { } context)
        {
            plugin.CutAll();
            return null;
        }

        plugin.CutAll();
        context.Unload();
        return new WeakReference(context);
    }

    /// <summary>Runs garbage collections until the context is gone, or until the maximum shows that something holds it.</summary>
    public static async Task<bool> IsGoneAsync(WeakReference context)
    {
        for (var i = 0; i < MostCollections && context.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            // Continue on another stack frame, because this thread's frame may still hold what it ran before; and wait longer each time, 1
            // ms to half a second, because on a busy machine a thread idle since its call may hold it too.
            await Task.Delay(TimeSpan.FromMilliseconds(1 << i), TimeProvider.System).ConfigureAwait(false);
        }

        return !context.IsAlive;
    }
}
