using System.Data.Common;
using System.Globalization;
using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Npgsql;
using Switchyard.Money;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Migrations;

namespace Switchyard.Storage.Ledger;

/// <summary>
/// Copies this process's file to PostgreSQL, a batch in one transaction: adds the entries that are new, their sums by the hour and what
/// their budgets have spent, and takes that amount from what this process holds of them. Copied entries are deleted from the file. It
/// retries for as long as PostgreSQL is away. An entry that PostgreSQL refuses for its content is set aside: it stays in the file with a
/// number below 0, and is tried again when the process starts again.
/// </summary>
internal sealed partial class LedgerCopier : IAsyncDisposable
{
    private const int BatchSize = 1000;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_lastTry = TimeSpan.FromSeconds(5);

    private readonly string _file;
    private readonly string _connection;
    private readonly NpgsqlDataSource _source;
    private readonly Guid _node;
    private readonly TimeProvider _time;
    private readonly BudgetShares _shares;
    private readonly ILogger _logger;
    private readonly MigrationNews? _news;
    private readonly SemaphoreSlim _wake = new(1);
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private long _setAside;
    private bool _migrated;
    private volatile LedgerTrouble? _trouble;

    /// <summary>Creates it; <see cref="Start"/> begins.</summary>
    public LedgerCopier(
        string file,
        string connection,
        NpgsqlDataSource source,
        Guid node,
        TimeProvider time,
        BudgetShares shares,
        ILogger logger,
        MigrationNews? news)
    {
        (_file, _connection, _source, _node, _time, _shares, _logger, _news) =
            (file, connection, source, node, time, shares, logger, news);
    }

    /// <summary>How many entries are set aside.</summary>
    public long SetAside => Interlocked.Read(ref _setAside);

    /// <summary>Why PostgreSQL does not have all entries; null if it has.</summary>
    public LedgerTrouble? Trouble => _trouble;

    /// <summary>Begins to copy.</summary>
    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Signals that there are entries to copy.</summary>
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
        catch (Exception e) when (e is DbException or SocketException or OperationCanceledException or TimeoutException)
        {
            // The entries stay in the file, and are copied when the process starts again.
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
                if (_trouble is not null)
                    LogBack();
                _trouble = null;
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                if (_trouble is null)
                {
                    var reason = e is PostgresException refused
                        ? $"{refused.SqlState}: {refused.MessageText}"
                        : DatabaseRefusals.CauseOf(e);
                    LogAway(reason);
                    _trouble = new() { Reason = $"PostgreSQL is unavailable ({reason}).", Since = _time.GetUtcNow() };
                }

                if (e is PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction })
                    LeaveStandby();
                await Task.Delay(s_pause, _time, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Gives up the connections to a server that is a standby since a failover, also those of the other stores: only a new one finds the
    /// server that may write now.
    /// </summary>
    private void LeaveStandby()
    {
        _source.Clear();
        using var others = new NpgsqlConnection(_connection);
        NpgsqlConnection.ClearPool(others);
    }

    private async Task CopyAllAsync(CancellationToken cancellationToken)
    {
        var postgres = await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (postgres.ConfigureAwait(false))
        {
            if (!_migrated)
                await Migrator.ApplyAsync(postgres, cancellationToken, _news).ConfigureAwait(false);
            var file = new SqliteConnection(LedgerAddress.ConnectionString(_file, mustExist: true));
            await using (file.ConfigureAwait(false))
            {
                await file.OpenAsync(cancellationToken).ConfigureAwait(false);
                // Another version may write what the previous one could not, or the database may have been repaired.
                if (!_migrated)
                    await ChangeAsync(file, "update entries set seq = -seq where seq < 0").ConfigureAwait(false);
                _migrated = true;
                while (await CopyAsync(file, postgres, cancellationToken).ConfigureAwait(false))
                {
                }
            }

            // What the previous run held is decided by its entries, all of which are in the database now.
            await _shares.BeginAsync(postgres, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Copies a batch; false if no more are left.</summary>
    private async Task<bool> CopyAsync(SqliteConnection file, NpgsqlConnection postgres, CancellationToken cancellationToken)
    {
        var batch = EntryReader.ReadOldest(file, BatchSize);
        if (batch.Count > 0)
            await CopyAsync(file, postgres, batch, cancellationToken).ConfigureAwait(false);
        return batch.Count == BatchSize;
    }

    /// <summary>
    /// Copies entries in one transaction; if PostgreSQL refuses the content of one of them, copies each half separately, down to the one.
    /// </summary>
    private async Task CopyAsync(
        SqliteConnection file, NpgsqlConnection postgres, List<(long Seq, LedgerEntry Entry)> batch, CancellationToken cancellationToken)
    {
        var refusal = await InsertAsync(postgres, [.. batch.Select(row => row.Entry)], cancellationToken).ConfigureAwait(false);
        if (refusal is null)
        {
            // Earlier entries have been copied, or set aside.
            await ChangeAsync(
                file, string.Create(CultureInfo.InvariantCulture, $"delete from entries where seq > 0 and seq <= {batch[^1].Seq}"))
                .ConfigureAwait(false);
        }
        else if (batch is [var (seq, entry)])
        {
            await ChangeAsync(file, string.Create(CultureInfo.InvariantCulture, $"update entries set seq = -seq where seq = {seq}"))
                .ConfigureAwait(false);
            Interlocked.Increment(ref _setAside);
            LogSetAside(entry.RequestId, refusal.SqlState, refusal.MessageText, _file);
        }
        else
        {
            var half = batch.Count / 2;
            await CopyAsync(file, postgres, batch[..half], cancellationToken).ConfigureAwait(false);
            await CopyAsync(file, postgres, batch[half..], cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Writes entries, their sums and their spending, all or nothing; PostgreSQL's refusal of their content, or null.</summary>
    private async Task<PostgresException?> InsertAsync(
        NpgsqlConnection postgres, IReadOnlyList<LedgerEntry> entries, CancellationToken cancellationToken)
    {
        try
        {
            var transaction = await postgres.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                await PostgresEntries.WriteAsync(
                    postgres, transaction, entries, _node, _time.GetUtcNow(), cancellationToken).ConfigureAwait(false);
                await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            }

            return null;
        }
        catch (PostgresException refusal) when (DatabaseRefusals.IsOfContent(refusal))
        {
            return refusal;
        }
    }

    private static async Task ChangeAsync(SqliteConnection file, string sql)
    {
        using var command = file.CreateCommand();
        command.CommandText = sql;
        // Not cancelled: entries that PostgreSQL has must not be copied again.
        await command.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
    }

    [LoggerMessage(1, LogLevel.Warning,
        "PostgreSQL is unavailable ({Reason}): calls continue, and their entries are kept in this gateway's own file until it is back")]
    private partial void LogAway(string reason);

    [LoggerMessage(2, LogLevel.Information, "PostgreSQL is available again and has every call of this gateway")]
    private partial void LogBack();

    [LoggerMessage(3, LogLevel.Error,
        "PostgreSQL refuses an entry of call {RequestId} ({State}: {Reason}): set aside in {File}, and its cost is in no sum")]
    private partial void LogSetAside(string requestId, string state, string reason, string file);
}
