using Microsoft.Extensions.Logging;
using Switchyard.Common;

namespace Switchyard.Secrets;

/// <summary>
/// Refreshes the stores: those on this machine when they change, the others at their interval, and all when a provider refuses a key,
/// because it may have been changed. Runs in the background once there is a store.
/// </summary>
internal sealed partial class SecretWatcher(
    SecretResolver resolver, Func<CancellationToken, Task> refresh, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    /// <summary>The polling interval of files: network and container file systems often report no changes.</summary>
    public static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>How long files must stay unchanged before they are read, because editors write in several steps.</summary>
    public static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(200);

    /// <summary>How long further hints are ignored after one: a provider refuses a revoked key at every call.</summary>
    public static readonly TimeSpan HintPause = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stopping = new();
    private Task? _watching;
    private long _asked;
    private long _hintFollowed;
    private volatile bool _hinted;
    private int _disposed;

    /// <summary>Starts watching if there is a store, once. The engine calls it under its lock.</summary>
    public void Follow()
    {
        _asked = time.GetTimestamp();
        if (_watching is null && resolver.Stores.Count > 0 && Volatile.Read(ref _disposed) == 0)
            _watching = WatchAsync();
    }

    /// <summary>Reports that a provider has refused a key. Costs nothing without a store.</summary>
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
                LogFailed(FailureWords.Of(failure));
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

    [LoggerMessage(21, LogLevel.Error, "The secret stores could not be read again ({Failure}); the current secrets stay in use")]
    private partial void LogFailed(string failure);
}
