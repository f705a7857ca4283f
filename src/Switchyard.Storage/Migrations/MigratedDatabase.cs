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
    private readonly LedgerAddress _address;
    private readonly MigrationNews? _news;
    private readonly SemaphoreSlim _migrating = new(1, 1);
    private volatile bool _isMigrated;

    /// <param name="address">The database.</param>
    /// <param name="news">Reports what the migration waits for; null for no reports.</param>
    public MigratedDatabase(LedgerAddress address, MigrationNews? news) => (_address, _news) = (address, news);

    /// <summary>The connection string of a PostgreSQL database; null for a file.</summary>
    public string? Postgres => _address.Postgres;

    /// <summary>Opens a connection, which the caller disposes.</summary>
    public async Task<DbConnection> OpenAsync(CancellationToken cancellationToken)
    {
        DbConnection connection = _address.Postgres is { } postgres
            ? new NpgsqlConnection(postgres)
            : new SqliteConnection(LedgerAddress.ConnectionString(_address.File!, mustExist: _isMigrated));
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            if (!_isMigrated)
                await MigrateAsync(connection, cancellationToken).ConfigureAwait(false);
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
