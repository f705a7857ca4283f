using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Common;

namespace Switchyard.Identity;

/// <content>Follows the store: its content is in memory, and no call waits for it.</content>
public sealed partial class KeyDirectory : IAsyncDisposable, IDisposable
{
    /// <summary>The interval at which the store is polled for changes.</summary>
    public static readonly TimeSpan AsksEvery = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_usesEvery = TimeSpan.FromMinutes(1);

    // Longer than a minute, because a gateway that could not write its uses writes them later.
    private static readonly TimeSpan s_usesWithin = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, KeyUse> _uses = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _reading = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private volatile KeyBook _book = KeyBook.Unread;
    private volatile bool _isAway;
    private volatile bool _asksForKeys;
    private bool _isInForce = true;
    private Task? _following;

    /// <summary>Whether there is a store.</summary>
    public bool HasStore => _store is not null;

    /// <summary>Whether the last read of the store failed. Known keys continue to work.</summary>
    public bool IsAway => _isAway;

    /// <summary>The content of the store when it was last read.</summary>
    internal KeyBook Book => _book;

    /// <summary>
    /// Whether calls need a key because of the store: it has a key, had one since the start, or has not been read yet. An unread store must
    /// not count as empty.
    /// </summary>
    internal bool AsksForKeys => _store is not null && (_asksForKeys || !_book.IsRead);

    /// <summary>The error for an unknown key if the store may be the reason; null if it is not.</summary>
    internal CallError? UnknownKey => _store is null || (!_isAway && _book.IsRead) ? null : new(
        CallErrorKind.Overloaded,
        "This API key is not known, and the store of keys cannot be read now, so it may be a new one. Send the request again in a moment.")
    {
        Code = "keys_unavailable",
        RetryAfter = s_patience,
    };

    /// <summary>Reads the store for the first time, and starts to follow it. Waits a few seconds at most.</summary>
    /// <param name="apply">Applies the changes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal async Task StartAsync(Func<CancellationToken, Task> apply, CancellationToken cancellationToken)
    {
        if (_store is null)
            return;
        await TryReadAsync(cancellationToken).ConfigureAwait(false);
        _apply = apply;
        // A start that fails later is repeated.
        _following ??= FollowAsync(_stop.Token);
    }

    /// <summary>Reads the store now, for a process that does not follow it.</summary>
    /// <exception cref="KeyChangeException">There is no store, or it cannot be read.</exception>
    public async Task LoadAsync(CancellationToken cancellationToken) => await PrepareAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>Stops following, after the last uses have been written.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_following is { } following)
            await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_store is not null && !_isAway)
            await WriteUsesAsync(CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Stops following. The engine, which is disposed first, has written the last uses.</summary>
    public void Dispose() => _stop.Cancel();

    private Func<CancellationToken, Task> _apply = static _ => Task.CompletedTask;

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        var written = _time.GetTimestamp();
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(AsksEvery, _time, cancellationToken).ConfigureAwait(false);
            await TryReadAsync(cancellationToken).ConfigureAwait(false);
            if (_time.GetElapsedTime(written) < s_usesEvery)
                continue;
            written = _time.GetTimestamp();
            await WriteUsesAsync(cancellationToken).ConfigureAwait(false);
            await ReadUsesAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task TryReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            if (_isAway)
                return;
            _isAway = true;
            // A database's exception message contains its address.
            LogAway(FailureWords.Of(e));
        }
    }

    /// <summary>Reads changes, and applies them.</summary>
    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            using var patience = new CancellationTokenSource(s_patience, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
            var before = _book;
            if (!before.IsRead)
            {
                var uses = await Soon(_store!.ReadUsesAsync(DateTimeOffset.MinValue, either.Token), either.Token).ConfigureAwait(false);
                foreach (var (name, used) in uses)
                    _uses[name] = new(used.UtcTicks);
            }

            var rows = await Soon(_store!.ReadAsync(before.Revision, either.Token), either.Token).ConfigureAwait(false);
            var after = before.With(rows, name => _uses.GetOrAdd(name, static _ => new(0)), row => LogBroken(row.Kind, row.Name));
            if (_isAway)
            {
                _isAway = false;
                LogBack();
            }

            if (after.Revision < before.Revision)
                LogSetBack(before.Revision, after.Revision);
            if (after != before)
            {
                _asksForKeys |= after.Count > 0;
                (_book, _isInForce) = (after, false);
            }

            // Also applies changes read earlier whose caller left or whose application failed: a revoked key must not keep working.
            if (_isInForce)
                return;
            await _apply(cancellationToken).ConfigureAwait(false);
            _isInForce = true;
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <summary>Needed because an unreachable store may not react to cancellation.</summary>
    private static Task<T> Soon<T>(Task<T> task, CancellationToken cancellationToken) => task.WaitAsync(cancellationToken);

    /// <summary>Reads the newest state of the store before a change.</summary>
    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (_store is null)
        {
            throw new KeyChangeException(
                KeyChangeFailure.Unavailable,
                "no_key_store",
                "There is no store of keys. Set storage.ledger, for example storage: { ledger: \"sqlite:switchyard.db\" }, "
                    + "or write the key into the configuration (keys).");
        }

        await AskAsync(() => ReadAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    private Task WriteAsync(string kind, StoredDocument document, long revision, CancellationToken cancellationToken) =>
        WriteAsync(
            new() { Kind = kind, Name = KeyBook.IdOf(document.Name), Revision = revision, Document = document.ToJson() },
            cancellationToken);

    private async Task WriteAsync(KeyStoreRow row, CancellationToken cancellationToken)
    {
        var written = false;
        await AskAsync(
            async () =>
            {
                written = await _store!.WriteAsync(row, cancellationToken).WaitAsync(s_patience, _time, cancellationToken)
                    .ConfigureAwait(false);
                await ReadAsync(cancellationToken).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        if (!written)
            throw Conflict("changed_meanwhile", $"The {row.Kind} '{row.Name}' was changed by another client at the same time. Try again.");
    }

    private async Task AskAsync(Func<Task> ask, CancellationToken cancellationToken)
    {
        try
        {
            await ask().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not KeyChangeException && !cancellationToken.IsCancellationRequested)
        {
            LogFailed(FailureWords.Of(e));
            throw new KeyChangeException(
                KeyChangeFailure.Unavailable,
                "key_store_away",
                // PostgreSQL's code for a change that a standby was asked for.
                e is DbException { SqlState: "25006" }
                    ? "The store of keys (storage.ledger) takes no changes: its server is a standby, or read-only. Known keys keep working."
                    : $"The store of keys (storage.ledger) cannot be used: {FailureWords.Of(e)}. Known keys keep working; try again.");
        }
    }

    private async Task WriteUsesAsync(CancellationToken cancellationToken)
    {
        var uses = _book.Keys.Select(key => (Name: KeyBook.IdOf(key.Document.Name), At: key.Use.TakeUnwritten()))
            .Where(use => use.At is not null).ToDictionary(use => use.Name, use => use.At!.Value);
        if (uses.Count == 0)
            return;
        try
        {
            await _store!.WriteUsesAsync(uses, cancellationToken).WaitAsync(s_patience, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // The uses are not retried: the next minute brings later ones.
            LogFailed(FailureWords.Of(e));
        }
    }

    /// <summary>Takes over the uses at other gateways: a key that is used only there must not look unused here.</summary>
    private async Task ReadUsesAsync(CancellationToken cancellationToken)
    {
        if (_isAway || _book.Count == 0)
            return;
        try
        {
            var uses = await _store!.ReadUsesAsync(_time.GetUtcNow() - s_usesWithin, cancellationToken)
                .WaitAsync(s_patience, _time, cancellationToken).ConfigureAwait(false);
            foreach (var (name, used) in uses)
                _uses.GetOrAdd(name, static _ => new(0)).TakeOver(used);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogFailed(FailureWords.Of(e));
        }
    }

    [LoggerMessage(1, LogLevel.Warning,
        "The store of keys cannot be read ({Reason}): known keys keep working, unknown keys get 503; it is tried again every second")]
    private partial void LogAway(string reason);

    [LoggerMessage(2, LogLevel.Information, "The store of keys can be read again")]
    private partial void LogBack();

    [LoggerMessage(3, LogLevel.Warning, "The store of keys failed: {Reason}")]
    private partial void LogFailed(string reason);

    [LoggerMessage(4, LogLevel.Error, "The {Kind} '{Name}' of the store cannot be read and is left out")]
    private partial void LogBroken(string kind, string name);

    [LoggerMessage(5, LogLevel.Warning,
        "The store of keys was set back from change {From} to {To}, as by a restored backup: its keys and tenants are those in force now")]
    private partial void LogSetBack(long from, long to);
}
