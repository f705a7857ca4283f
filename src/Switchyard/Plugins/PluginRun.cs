namespace Switchyard.Plugins;

/// <summary>
/// Runs a plugin's code where it can do no harm: on a thread of its own choosing, so that one that blocks holds up nobody, and counted, so
/// that the plugin is not unloaded under it. Only plugins pay for the way to another thread.
/// </summary>
internal static class PluginRun
{
    /// <summary>Begins to run it. What waits for it goes on on another stack than the plugin's, which so ends in any case.</summary>
    public static Task<T> Begin<T>(LoadedPlugin plugin, Func<ValueTask<T>> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        plugin.Record.Enter();
        _ = Task.Run(() => RunAsync(plugin, work, done));
        return done.Task;
    }

    /// <summary>Runs it and waits, at most for a time. What it throws is thrown.</summary>
    /// <exception cref="TimeoutException">It did not come back in time; it may still be running.</exception>
    public static async ValueTask<T> WithinAsync<T>(LoadedPlugin plugin, TimeSpan time, Func<ValueTask<T>> work)
    {
        var running = Begin(plugin, work);
        try
        {
            return await running.WaitAsync(time, plugin.Time).ConfigureAwait(false);
        }
        finally
        {
            Observe(running);
        }
    }

    /// <summary>Runs it and waits until it is done, or nobody wants it any more.</summary>
    public static async ValueTask<T> UntilAsync<T>(LoadedPlugin plugin, Func<ValueTask<T>> work, CancellationToken cancellation)
    {
        var running = Begin(plugin, work);
        try
        {
            return await running.WaitAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            Observe(running);
        }
    }

    /// <summary>What one that nobody waits for throws later is known already: it was too late.</summary>
    public static void Observe(Task running)
    {
        if (!running.IsCompleted)
            _ = running.ContinueWith(
                static done => _ = done.Exception,
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
    }

    private static async Task RunAsync<T>(LoadedPlugin plugin, Func<ValueTask<T>> work, TaskCompletionSource<T> done)
    {
        T result;
        try
        {
            result = await work().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            plugin.Record.Leave();
            done.SetException(e);
            return;
        }

        plugin.Record.Leave();
        done.SetResult(result);
    }
}
