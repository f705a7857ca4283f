using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Npgsql;
using Switchyard.Storage.Databases;

namespace Switchyard.Storage.Ledger;

/// <summary>
/// Makes days and months of hours that are over, an hour in a transaction, so that nothing is added to what a batch of calls writes. What
/// comes to an hour later goes into its day and its month when it is written (<see cref="Rollups"/>). Of several gateways each gathers what
/// the others have left.
/// </summary>
internal sealed partial class RollupGatherer : IDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_rest = TimeSpan.FromMinutes(1);

    private readonly LedgerAddress _address;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stops = new();

    /// <summary>Prepares.</summary>
    /// <param name="ledger">The value of <c>storage.ledger</c>.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told of failures.</param>
    public RollupGatherer(string ledger, TimeProvider time, ILogger logger) =>
        (_address, _time, _logger) = (LedgerAddress.Parse(ledger), time, logger);

    /// <summary>Begins to gather, every minute.</summary>
    public void Start() => _ = RunAsync();

    /// <summary>Gathers every hour that is over.</summary>
    /// <param name="pause">What lies between two hours.</param>
    /// <param name="cancellationToken">Ends the work between two hours.</param>
    /// <returns>How many hours.</returns>
    public async Task<int> GatherAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        var connection = _address.Postgres is { } postgres
            ? (DbConnection)new NpgsqlConnection(postgres)
            : new SqliteConnection(LedgerAddress.ConnectionString(_address.File!));
        await using (connection.ConfigureAwait(false))
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            // An hour that a loss of power undoes is gathered again: the mark goes with it.
            if (connection is SqliteConnection)
                await RunAsync(connection, null, "pragma synchronous = normal", cancellationToken).ConfigureAwait(false);
            var all = 0;
            for (; await GatherHourAsync(connection, cancellationToken).ConfigureAwait(false); all++)
                await Task.Delay(pause, _time, cancellationToken).ConfigureAwait(false);
            return all;
        }
    }

    /// <summary>The first hour of a file that has not been gathered.</summary>
    public static long ReadUntil(SqliteConnection connection, SqliteTransaction? transaction)
    {
        using var command = connection.CreateCommand();
        (command.CommandText, command.Transaction) = (Until(), transaction);
        return (long)command.ExecuteScalar()!;
    }

    /// <summary>The first hour of a ledger that has not been gathered.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="transaction">Its transaction.</param>
    /// <param name="locks">How PostgreSQL is to lock it; empty for not at all.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<long> ReadUntilAsync(
        DbConnection connection, DbTransaction? transaction, string locks, CancellationToken cancellationToken)
    {
        var command = connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            (command.CommandText, command.Transaction) = (Until(connection is NpgsqlConnection ? locks : ""), transaction);
            return (long)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        }
    }

    /// <summary>Ends the work: an hour that has begun is undone by the database.</summary>
    public void Dispose()
    {
        _stops.Cancel();
        _stops.Dispose();
    }

    /// <summary>Gathers the first hour that holds something and is over; false where there is none.</summary>
    private async Task<bool> GatherHourAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        // In SQLite it is the one that writes from here on, in PostgreSQL from the lock on: nobody writes to an hour meanwhile.
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            var until = await ReadUntilAsync(connection, transaction, "for update", cancellationToken).ConfigureAwait(false);
            var now = RollupSpan.Hour.Begin(_time.GetUtcNow().ToUnixTimeMilliseconds());
            var hours = await Rows.ReadAsync(
                connection,
                transaction,
                command =>
                {
                    command.CommandText =
                        $"select hour from {RollupLevel.Hours.Table} where hour >= @until and hour < @now order by hour limit 1";
                    command.Add("until", until);
                    command.Add("now", now);
                },
                static row => row.GetInt64(0),
                cancellationToken).ConfigureAwait(false);
            foreach (var hour in hours)
            {
                foreach (var level in RollupLevel.Gathered)
                {
                    await RunAsync(
                        connection, transaction, Rollups.Gather(level), cancellationToken, ("span", level.Span.Begin(hour)), ("hour", hour))
                        .ConfigureAwait(false);
                }
            }

            var next = hours is [var gathered] ? gathered + RollupKey.HourLength : Math.Max(until, now);
            if (next != until)
            {
                await RunAsync(connection, transaction, "update rollups_gathered set until = @next", cancellationToken, ("next", next))
                    .ConfigureAwait(false);
            }

            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            return hours.Count > 0;
        }
    }

    private static async Task RunAsync(
        DbConnection connection,
        DbTransaction? transaction,
        string sql,
        CancellationToken cancellationToken,
        params (string Name, long Value)[] values)
    {
        var command = connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            (command.CommandText, command.Transaction) = (sql, transaction);
            foreach (var (name, value) in values)
                command.Add(name, value);
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task RunAsync()
    {
        // Its own copy: the source is gone when it has been cancelled.
        var stop = _stops.Token;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                // First the rest: a start has better things to do, and may still migrate.
                await Task.Delay(s_rest, _time, stop).ConfigureAwait(false);
                await GatherAsync(s_pause, stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (DbException e)
            {
                LogFailed(e);
            }
        }
    }

    private static string Until(string locks = "") => $"select until from rollups_gathered {locks}";

    [LoggerMessage(3, LogLevel.Warning, "The sums of the last hours could not be gathered by the day; it is tried again in a minute")]
    private partial void LogFailed(Exception e);
}
