using Microsoft.Extensions.Logging;

namespace Switchyard.Secrets;

/// <summary>
/// Has the stores asked again: those on this machine when they change, the others in their interval, and all of them when a provider
/// refuses a key, because it may have been changed. Runs in the background from the first store on; without one nothing runs.
/// </summary>
internal sealed partial class SecretWatcher(
    SecretResolver resolver, Func<CancellationToken, Task> refresh, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    /// <summary>How often files are looked at: network and container file systems often report no changes, so they are polled.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>How long files must stay unchanged before they are read, because editors write in several steps.</summary>
    public static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(200);

    /// <summary>How long after a hint the next one is not followed: a provider refuses a revoked key at every call.</summary>
    public static readonly TimeSpan HintPause = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stopping = new();
    private Task? _watching;
    private long _asked;
    private long _hintFollowed;
    private volatile bool _hinted;
    private int _disposed;

    /// <summary>Begins to watch where there is a store, once. The engine calls it under its lock.</summary>
    public void Follow()
    {
        _asked = time.GetTimestamp();
        if (_watching is null && resolver.Stores.Count > 0 && Volatile.Read(ref _disposed) == 0)
            _watching = WatchAsync();
    }

    /// <summary>A provider has refused a key. Costs nothing where there is no store.</summary>
    public void Hint() => _hinted = true;

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_watching is { } watching)
            await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Look, time);
        while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
        {
            try
            {
                if (await IsDueAsync().ConfigureAwait(false))
                {
                    _asked = time.GetTimestamp();
                    await refresh(_stopping.Token).ConfigureAwait(false);
                }
            }
            catch (Exception failure) when (!_stopping.IsCancellationRequested)
            {
                LogFailed(failure.GetType().Name);
            }
        }
    }

    private async ValueTask<bool> IsDueAsync()
    {
        if (resolver.HasLocalChange())
        {
            await SettleAsync().ConfigureAwait(false);
            return true;
        }

        if (_hinted && (_hintFollowed == 0 || time.GetElapsedTime(_hintFollowed) >= HintPause))
        {
            _hinted = false;
            _hintFollowed = time.GetTimestamp();
            return true;
        }

        return resolver.Stores.Any(static store => !store.IsLocal || store.Fault is not null)
            && time.GetElapsedTime(_asked) >= resolver.Refresh;
    }

    private async ValueTask SettleAsync()
    {
        string before;
        do
        {
            before = Stamps();
            await Task.Delay(Settle, time, _stopping.Token).ConfigureAwait(false);
        }
        while (Stamps() != before);
    }

    private string Stamps() => string.Join('\n', resolver.Stores.Select(static store => (store.Store as ILocalSecretStore)?.Stamp()));

    [LoggerMessage(21, LogLevel.Error, "Asking the secret stores again failed ({Failure}); what is in use stays")]
    private partial void LogFailed(string failure);
}
