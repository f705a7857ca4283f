using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;
using Switchyard.Storage.Databases;

namespace Switchyard.Storage.Migrations;

/// <summary>
/// The database of <c>storage.ledger</c>, for stores that use the same statements in SQLite and PostgreSQL: it has the schema that this
/// version needs once the first connection is open. Thread-safe.
/// </summary>
internal sealed class MigratedDatabase : IDisposable
{
    /// <summary>The shortest time between two searches for a server that takes changes.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    /// <summary>How long a request of an administrator waits for the lock of a SQLite file, in seconds. A migration waits longer.</summary>
    private const int AdminSeconds = 5;

    private readonly LedgerAddress _address;
    private readonly bool _isOfAdmin;
    private readonly MigrationNews? _news;
    private readonly SemaphoreSlim _migrating = new(1, 1);
    private volatile bool _isMigrated;
    private long _leftAt = long.MinValue;

    /// <param name="address">The database.</param>
    /// <param name="news">Reports what the migration waits for; null for no reports.</param>
    /// <param name="isOfAdmin">
    /// Whether an administrator waits for it, and not a call: a locked SQLite file is then reported after five seconds, not after thirty.
    /// </param>
    public MigratedDatabase(LedgerAddress address, MigrationNews? news, bool isOfAdmin = false) =>
        (_address, _news, _isOfAdmin) = (address, news, isOfAdmin);

    /// <summary>The connection string of a PostgreSQL database; null for a file.</summary>
    public string? Postgres => _address.Postgres;

    /// <summary>Opens a connection, which the caller disposes.</summary>
    public async Task<DbConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = Create();
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            if (connection is NpgsqlConnection postgres && IsReadOnly(postgres) && MayLeave())
            {
                // Since a failover the pooled connections lead to a standby: only a new one finds the server that takes changes.
                NpgsqlConnection.ClearPool(postgres);
                await connection.DisposeAsync().ConfigureAwait(false);
                connection = Create();
                await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            }

            if (!_isMigrated)
                await MigrateAsync(connection, cancellationToken).ConfigureAwait(false);
            if (_isOfAdmin && connection is SqliteConnection file)
                file.DefaultTimeout = AdminSeconds;
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Runs one statement on a separate connection.</summary>
    public async Task RunAsync(string sql, CancellationToken cancellationToken, params (string Name, object? Value)[] values)
    {
        var connection = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var closing = connection.ConfigureAwait(false);
        var command = Command(connection, null, sql, values);
        await using var disposing = command.ConfigureAwait(false);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A command with its parameters, in a transaction if one is given.</summary>
    public static DbCommand Command(
        DbConnection connection, DbTransaction? transaction, string sql, params ReadOnlySpan<(string Name, object? Value)> values)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        foreach (var (name, value) in values)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            parameter.Value = value ?? DBNull.Value;
            command.Parameters.Add(parameter);
        }

        return command;
    }

    public void Dispose() => _migrating.Dispose();

    private DbConnection Create() => _address.Postgres is { } postgres
        ? new NpgsqlConnection(postgres)
        : new SqliteConnection(LedgerAddress.ConnectionString(_address.File!, mustExist: _isMigrated));

    /// <summary>Whether the server said, when it was connected, that it takes no changes; before PostgreSQL 14 it says nothing.</summary>
    private static bool IsReadOnly(NpgsqlConnection connection) =>
        connection.PostgresParameters.GetValueOrDefault("in_hot_standby") == "on"
        || connection.PostgresParameters.GetValueOrDefault("default_transaction_read_only") == "on";

    private bool MayLeave()
    {
        var (now, before) = (TimeProvider.System.GetTimestamp(), Interlocked.Read(ref _leftAt));
        return (before == long.MinValue || TimeProvider.System.GetElapsedTime(before, now) >= s_pause)
            && Interlocked.CompareExchange(ref _leftAt, now, before) == before;
    }

    private async Task MigrateAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        await _migrating.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_isMigrated)
                await Migrator.ApplyAsync(connection, cancellationToken, _news).ConfigureAwait(false);
            _isMigrated = true;
        }
        finally
        {
            _migrating.Release();
        }
    }
}
