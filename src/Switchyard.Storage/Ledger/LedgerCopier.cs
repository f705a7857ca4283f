using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Npgsql;
using Switchyard.Money;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Migrations;

namespace Switchyard.Storage.Ledger;

/// <summary>
/// Copies this process's file to PostgreSQL, a batch in one transaction: the entries that are not there yet, what they come to by the hour,
/// what their budgets have spent, and as much less of what this process holds of those. What was copied is deleted from the file. Tries
/// again for as long as PostgreSQL is away.
/// </summary>
internal sealed partial class LedgerCopier : IAsyncDisposable
{
    private const int BatchSize = 1000;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_lastTry = TimeSpan.FromSeconds(5);

    private readonly string _file;
    private readonly NpgsqlDataSource _source;
    private readonly Guid _node;
    private readonly TimeProvider _time;
    private readonly BudgetShares _shares;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _wake = new(1);
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private bool _migrated;
    private bool _away;

    /// <summary>Creates it; <see cref="Start"/> begins.</summary>
    public LedgerCopier(string file, NpgsqlDataSource source, Guid node, TimeProvider time, BudgetShares shares, ILogger logger)
    {
        (_file, _source, _node, _time, _shares, _logger) = (file, source, node, time, shares, logger);
    }

    /// <summary>Begins to copy.</summary>
    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Says that there is something to copy.</summary>
    public void Wake()
    {
        if (_wake.CurrentCount == 0)
            _wake.Release();
    }

    /// <summary>Copies what is left, for at most five seconds, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        using var patience = new CancellationTokenSource(s_lastTry);
        try
        {
            await CopyAllAsync(patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException or TimeoutException)
        {
            // It stays in the file, and is copied when the process begins again.
        }

        _stop.Dispose();
        _wake.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await _wake.WaitAsync(TimeSpan.FromSeconds(1), _stop.Token).ConfigureAwait(false);
                await CopyAllAsync(_stop.Token).ConfigureAwait(false);
                if (_away)
                    LogBack();
                _away = false;
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                if (!_away)
                    LogAway(e.GetType().Name);
                _away = true;
                await Task.Delay(s_pause, _time, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private async Task CopyAllAsync(CancellationToken cancellationToken)
    {
        var postgres = await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (postgres.ConfigureAwait(false))
        {
            if (!_migrated)
                await Migrator.ApplyAsync(postgres, cancellationToken).ConfigureAwait(false);
            _migrated = true;
            var file = new SqliteConnection(LedgerAddress.ConnectionString(_file));
            await using (file.ConfigureAwait(false))
            {
                await file.OpenAsync(cancellationToken).ConfigureAwait(false);
                while (await CopyAsync(file, postgres, cancellationToken).ConfigureAwait(false))
                {
                }
            }

            // What the process before had in hand is decided by what it wrote down, all of which is there now.
            await _shares.BeginAsync(postgres, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Copies a batch; false when nothing was left.</summary>
    private async Task<bool> CopyAsync(SqliteConnection file, NpgsqlConnection postgres, CancellationToken cancellationToken)
    {
        var (entries, last) = EntryReader.Read(file, BatchSize);
        if (entries.Count == 0)
            return false;
        var transaction = await postgres.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            var inserted = await PostgresEntries.InsertAsync(
                postgres, transaction, entries, _node, cancellationToken).ConfigureAwait(false);
            await Rollups.AddAsync(postgres, transaction, inserted, cancellationToken).ConfigureAwait(false);
            await PostgresEntries.SpendAsync(
                postgres, transaction, inserted, _node, _time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }

        using var delete = file.CreateCommand();
        delete.CommandText = string.Create(CultureInfo.InvariantCulture, $"delete from entries where seq <= {last}");
        await delete.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
        return entries.Count == BatchSize;
    }

    [LoggerMessage(1, LogLevel.Warning,
        "PostgreSQL is away ({Reason}): calls go on, and are kept in this gateway's own file until it is back")]
    private partial void LogAway(string reason);

    [LoggerMessage(2, LogLevel.Information, "PostgreSQL is back, and has every call of this gateway")]
    private partial void LogBack();
}
