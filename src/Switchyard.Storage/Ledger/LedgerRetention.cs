using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Npgsql;
using Switchyard.Storage.Databases;

namespace Switchyard.Storage.Ledger;

/// <summary>
/// Deletes entries that are older than <c>storage.retention</c>, a few at a time with a pause in between, so that no writer waits for it.
/// Roll-ups stay, and so do calls whose end is not known: they still hold their budgets. With several gateways, each deletes what the
/// others have left.
/// </summary>
internal sealed partial class LedgerRetention : IDisposable
{
    /// <summary>The entries of one transaction: it lasts about as long as that of a batch of calls.</summary>
    internal const int Batch = 500;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_rest = TimeSpan.FromMinutes(10);

    private readonly LedgerAddress _address;
    private readonly TimeSpan _retention;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stops = new();

    /// <summary>Creates it; <see cref="Start"/> begins.</summary>
    /// <param name="ledger">The value of <c>storage.ledger</c>.</param>
    /// <param name="retention">How long entries are kept.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Logs what was deleted, and failures.</param>
    public LedgerRetention(string ledger, TimeSpan retention, TimeProvider time, ILogger logger) =>
        (_address, _retention, _time, _logger) = (LedgerAddress.Parse(ledger), retention, time, logger);

    /// <summary>Begins to delete, now and every ten minutes.</summary>
    public void Start() => _ = RunAsync();

    /// <summary>Deletes what is too old now.</summary>
    /// <returns>How many entries.</returns>
    public async Task<long> DeleteAsync(CancellationToken cancellationToken)
    {
        var connection = _address.Postgres is { } postgres
            ? (DbConnection)new NpgsqlConnection(postgres)
            : new SqliteConnection(LedgerAddress.ConnectionString(_address.File!, mustExist: true));
        await using (connection.ConfigureAwait(false))
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            for (var all = 0L; ;)
            {
                var deleted = await DeleteBatchAsync(connection, cancellationToken).ConfigureAwait(false);
                all += deleted;
                if (deleted < Batch)
                    return all;
                await Task.Delay(s_pause, _time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Ends the work: the database undoes a batch that has begun.</summary>
    public void Dispose()
    {
        _stops.Cancel();
        _stops.Dispose();
    }

    private async Task<int> DeleteBatchAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        var command = connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            var others = connection is NpgsqlConnection ? "for update skip locked" : "";
            command.CommandText =
                "delete from entries where seq in "
                + $"(select seq from entries where started < @before and outcome <> 0 order by started limit {Batch} {others})";
            command.Add("before", (_time.GetUtcNow() - _retention).ToUnixTimeMilliseconds());
            return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task RunAsync()
    {
        // A copy: the source is disposed when it has been cancelled.
        var stop = _stops.Token;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var deleted = await DeleteAsync(stop).ConfigureAwait(false);
                if (deleted > 0)
                    LogDeleted(deleted, _retention.TotalDays);
                await Task.Delay(s_rest, _time, stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Of any kind: while a host name is not found, Npgsql throws what is no exception of a database.
                LogFailed(e);
                await Task.Delay(s_rest, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Deleted {Count} entries of the ledger older than {Days} days (storage.retention)")]
    private partial void LogDeleted(long count, double days);

    [LoggerMessage(2, LogLevel.Warning, "Old entries of the ledger could not be deleted; the next try is in ten minutes")]
    private partial void LogFailed(Exception e);
}
