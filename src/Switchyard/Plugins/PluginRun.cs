namespace Switchyard.Plugins;

/// <summary>
/// Runs a plugin's code isolated: on a pool thread, so that a plugin that blocks delays no call, and counted, so that the plugin is not
/// unloaded while it runs. Only plugins pay for the thread switch.
/// </summary>
internal static class PluginRun
{
    /// <summary>Starts a run. Its continuation runs on another stack than the plugin's, so that the plugin's stack always ends.</summary>
    public static Task<T> Begin<T>(LoadedPlugin plugin, Func<ValueTask<T>> work)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        plugin.Record.Enter();
        _ = Task.Run(() => RunAsync(plugin, work, done));
        return done.Task;
    }

    /// <summary>Runs it and waits, at most for a time. Its exceptions are rethrown.</summary>
    /// <exception cref="TimeoutException">It did not return in time; it may still be running.</exception>
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

    /// <summary>Runs it and waits until it is done or cancelled.</summary>
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

    /// <summary>Observes the exception of an abandoned run, which was already counted as too slow.</summary>
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
