using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Npgsql;
using Switchyard.Storage.Databases;

namespace Switchyard.Storage.Ledger;

/// <summary>
/// Builds days and months from hours that are over, an hour in a transaction, so that a batch of calls has nothing extra to write. An entry
/// added to an hour later is also added to its day and its month when it is written (<see cref="Rollups"/>). With several gateways, each
/// gathers what the others have left.
/// </summary>
internal sealed partial class RollupGatherer : IDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_rest = TimeSpan.FromMinutes(1);

    private readonly LedgerAddress _address;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stops = new();

    /// <summary>Creates it; <see cref="Start"/> begins.</summary>
    /// <param name="ledger">The value of <c>storage.ledger</c>.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Logs failures.</param>
    public RollupGatherer(string ledger, TimeProvider time, ILogger logger) =>
        (_address, _time, _logger) = (LedgerAddress.Parse(ledger), time, logger);

    /// <summary>Begins to gather, every minute.</summary>
    public void Start() => _ = RunAsync();

    /// <summary>Gathers every hour that is over.</summary>
    /// <param name="pause">The pause between two hours.</param>
    /// <param name="cancellationToken">Ends the work between two hours.</param>
    /// <returns>How many hours, each counted once for keys and once for tenants.</returns>
    public async Task<int> GatherAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        var connection = _address.Postgres is { } postgres
            ? (DbConnection)new NpgsqlConnection(postgres)
            : new SqliteConnection(LedgerAddress.ConnectionString(_address.File!, mustExist: true));
        await using (connection.ConfigureAwait(false))
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            // If a loss of power undoes an hour, it is gathered again, because its mark is undone too.
            if (connection is SqliteConnection)
                await RunAsync(connection, null, "pragma synchronous = normal", cancellationToken).ConfigureAwait(false);
            var all = 0;
            foreach (var rollups in GatheredRollups.All)
            {
                for (; await GatherHourAsync(connection, rollups, cancellationToken).ConfigureAwait(false); all++)
                    await Task.Delay(pause, _time, cancellationToken).ConfigureAwait(false);
            }

            return all;
        }
    }

    /// <summary>How far a file has been gathered.</summary>
    public static GatheredUntil ReadUntil(SqliteConnection connection, SqliteTransaction? transaction)
    {
        using var command = connection.CreateCommand();
        (command.CommandText, command.Transaction) = (GatheredUntil.Sql, transaction);
        using var row = command.ExecuteReader();
        row.Read();
        return new(row.GetInt64(0), row.GetInt64(1));
    }

    /// <summary>How far a ledger has been gathered.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="transaction">Its transaction.</param>
    /// <param name="locks">The locking clause for PostgreSQL; empty for none.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<GatheredUntil> ReadUntilAsync(
        DbConnection connection, DbTransaction? transaction, string locks, CancellationToken cancellationToken) =>
        (await Rows.ReadAsync(
            connection,
            transaction,
            command => command.CommandText = $"{GatheredUntil.Sql} {(connection is NpgsqlConnection ? locks : "")}",
            static row => new GatheredUntil(row.GetInt64(0), row.GetInt64(1)),
            cancellationToken).ConfigureAwait(false))[0];

    /// <summary>Ends the work: the database undoes an hour that has begun.</summary>
    public void Dispose()
    {
        _stops.Cancel();
        _stops.Dispose();
    }

    /// <summary>Gathers the first hour that has lines and is over; false if no such hour is left.</summary>
    private async Task<bool> GatherHourAsync(DbConnection connection, GatheredRollups rollups, CancellationToken cancellationToken)
    {
        // From here on in SQLite, and from the lock on in PostgreSQL, no other writer changes an hour.
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            var marks = await ReadUntilAsync(connection, transaction, "for update", cancellationToken).ConfigureAwait(false);
            var until = marks.Of(rollups);
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
                foreach (var level in rollups.Levels)
                {
                    await RunAsync(
                        connection, transaction, Rollups.Gather(level), cancellationToken, ("span", level.Span.Begin(hour)), ("hour", hour))
                        .ConfigureAwait(false);
                }
            }

            var next = hours is [var gathered] ? gathered + RollupKey.HourLength : Math.Max(until, now);
            if (next != until)
            {
                await RunAsync(
                    connection, transaction, $"update rollups_gathered set {rollups.Mark} = @next", cancellationToken, ("next", next))
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
        // A copy: the source is disposed when it has been cancelled.
        var stop = _stops.Token;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                // The pause comes first: at a start other work is more urgent, and migrations may still run.
                await Task.Delay(s_rest, _time, stop).ConfigureAwait(false);
                await GatherAsync(s_pause, stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Of any kind: while a host name is not found, Npgsql throws what is no exception of a database.
                LogFailed(e);
            }
        }
    }

    [LoggerMessage(3, LogLevel.Warning, "The hourly sums of the ledger could not be added up by day and month; next try is in a minute")]
    private partial void LogFailed(Exception e);
}
