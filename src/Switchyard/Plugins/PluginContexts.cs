using System.Runtime.CompilerServices;

namespace Switchyard.Plugins;

/// <summary>Unloads contexts, and finds out whether they are gone.</summary>
internal static class PluginContexts
{
    /// <summary>How many collections a context is given to be gone. Usually it is after two.</summary>
    public const int MostCollections = 10;

    /// <summary>Cuts every way to the plugin's objects and unloads its context.</summary>
    /// <returns>What tells whether the context is gone; null where it has none.</returns>
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

    /// <summary>Collects until the context is gone, or often enough to say that something holds it.</summary>
    public static async Task<bool> IsGoneAsync(WeakReference context)
    {
        for (var i = 0; i < MostCollections && context.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            // To another frame, because this thread's own may still hold what it ran before; and longer each time, 1 ms to half a second,
            // because on a busy machine so may one that has not run since its call has ended.
            await Task.Delay(TimeSpan.FromMilliseconds(1 << i), TimeProvider.System).ConfigureAwait(false);
        }

        return !context.IsAlive;
    }
}
