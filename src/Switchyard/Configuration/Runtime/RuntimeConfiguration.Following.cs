using Microsoft.Extensions.Logging;
using Switchyard.Common;

namespace Switchyard.Configuration.Runtime;

/// <content>The store: settings kept over a restart, and changes by other gateways.</content>
public sealed partial class RuntimeConfiguration
{
    private static readonly TimeSpan s_asksEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private Task _following = Task.CompletedTask;
    private volatile string? _problem;
    private volatile bool _isAway;
    private long _triedOn;

    /// <summary>Why the stored run-time settings are not in force; null if they are.</summary>
    public string? Problem => _problem;

    /// <summary>Whether the last read of the store failed. The settings in force stay.</summary>
    public bool IsAway => _isAway;

    /// <summary>Reads the stored settings, for the start. Waits a few seconds at most.</summary>
    internal async Task<RuntimeInForce> LoadAsync(CancellationToken cancellationToken)
    {
        await TryAsync(() => TakeAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
        return _state.InForce;
    }

    /// <summary>Begins to follow changes by other gateways.</summary>
    internal void Follow()
    {
        if (_store is not null)
            _following = FollowAsync(_stop.Token);
    }

    /// <summary>Records that the stored settings do not fit the written ones.</summary>
    internal void NotInForce(string reason)
    {
        _triedOn = Target.Generation;
        if (_problem == reason)
            return;
        _problem = reason;
        LogUnfit(_state.Version, reason);
    }

    /// <summary>The options with the run-time settings, as far as these can be read.</summary>
    internal SwitchyardOptions Over(SwitchyardOptions written)
    {
        var options = Binding.OptionsCopy.Copy(written);
        Target.Runtime.Layer.ApplyTo(options);
        return options;
    }

    /// <summary>Stops following.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Stops following, without waiting for it.</summary>
    public void Dispose() => _stop.Cancel();

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        var notice = _store!.WaitAsync(cancellationToken);
        while (!cancellationToken.IsCancellationRequested)
        {
            var delay = Task.Delay(s_asksEvery, _time, cancellationToken);
            // A store whose notification failed is read at the same interval as any other.
            await (notice.IsFaulted ? delay : Task.WhenAny(notice, delay)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (notice.IsCompleted)
            {
                _ = notice.Exception;
                notice = _store.WaitAsync(cancellationToken);
            }

            await TryAsync(() => FollowOnceAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task FollowOnceAsync(CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await ReadStoreAsync(cancellationToken).ConfigureAwait(false);
            // Settings that did not fit one file may fit another.
            if (_problem is not null && _triedOn != Target.Generation)
                await PutInForceAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Takes over the changes of other gateways, and puts them in force.</summary>
    private async Task ReadStoreAsync(CancellationToken cancellationToken)
    {
        if (_store is not null && await TakeAsync(cancellationToken).ConfigureAwait(false))
            await PutInForceAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> TakeAsync(CancellationToken cancellationToken)
    {
        if (_store is null)
            return false;
        var rows = await AskAsync(stop => _store.ReadAsync(_state.Version, stop), cancellationToken).ConfigureAwait(false);
        if (_isAway)
        {
            _isAway = false;
            LogBack();
        }

        // Versions that were read before: the store was set back, and the later ones are no longer in it.
        var state = rows is [{ Version: var first }, ..] && first <= _state.Version ? RuntimeState.Nothing : _state;
        foreach (var row in rows.Where(row => row.Version > 0))
        {
            if (RuntimeDocument.TryParse(row.Document) is not { } document)
            {
                LogBroken(row.Version);
                document = state.Document with { Changes = [] };
            }

            state = state.With(row, document);
        }

        _state = state;
        return rows.Count > 0;
    }

    private async Task PutInForceAsync(CancellationToken cancellationToken)
    {
        // As for a change that is entered. Code may remove the last administrator, in this process or in another.
        var inForce = Target.Runtime.Version;
        var isByCode = _state.History.Any(entry => entry.Version.Version > inForce && entry.Version.Action == Code);
        if (!isByCode && LocksOut(_state.Document.Layer))
        {
            NotInForce(
                "it has no administrator any more, as after a restored backup: without admin.key, a key of admin.keys with the role admin, "
                    + "or admin.oidc, no one could undo it. The settings in force stay until one is in the file or is entered again.");
            return;
        }

        var outcome = await Target.PutAsync(_state.InForce, null, cancellationToken).ConfigureAwait(false);
        if (outcome.Applied)
            _problem = null;
        else
            NotInForce(outcome.Reason ?? "it was not accepted");
    }

    private Task<bool> WriteAsync(StoredConfiguration version, CancellationToken cancellationToken) =>
        AskAsync(stop => _store!.WriteAsync(version, stop), cancellationToken);

    private async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(s_patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            // A connection to a store that drops packets may ignore its cancellation.
            return await ask(either.Token).WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            if (!_isAway)
            {
                _isAway = true;
                // The message of a database names its address.
                LogAway(FailureWords.Of(e));
            }

            throw new ConfigurationChangeException(ConfigurationChangeFailure.Unavailable, "configuration_store_away",
            [
                $"The database of the run-time configuration (storage.ledger) cannot be used: {FailureWords.Of(e)}. "
                    + "The settings in force stay; try again.",
            ]);
        }
    }

    private async Task TryAsync(Func<Task> follow, CancellationToken cancellationToken)
    {
        try
        {
            await follow().ConfigureAwait(false);
        }
        catch (ConfigurationChangeException)
        {
            // Already logged; the next read tries again.
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogFailed(e);
        }
    }

    [LoggerMessage(2, LogLevel.Error,
        "Version {Version} of the run-time configuration does not fit the other settings, and is not in force: {Reason}")]
    private partial void LogUnfit(long version, string reason);

    [LoggerMessage(3, LogLevel.Warning,
        "The database of the run-time configuration cannot be read ({Reason}): the settings in force stay; it is tried again every second")]
    private partial void LogAway(string reason);

    [LoggerMessage(4, LogLevel.Information, "The database of the run-time configuration can be read again")]
    private partial void LogBack();

    [LoggerMessage(5, LogLevel.Error, "Version {Version} of the run-time configuration cannot be read and changes nothing here")]
    private partial void LogBroken(long version);

    [LoggerMessage(6, LogLevel.Error, "The run-time configuration could not be followed")]
    private partial void LogFailed(Exception cause);
}
