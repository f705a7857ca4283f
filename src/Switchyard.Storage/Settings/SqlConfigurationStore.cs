using System.Data.Common;
using Npgsql;
using Switchyard.Configuration.Runtime;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Migrations;

namespace Switchyard.Storage.Settings;

/// <summary>
/// The settings made at run time, in the database of <c>storage.ledger</c>: a row for each version. PostgreSQL notifies other gateways of
/// a new one. Thread-safe; one waits at a time.
/// </summary>
internal sealed class SqlConfigurationStore : IConfigurationStore, IDisposable
{
    private const string Channel = "switchyard_configuration";

    private const string Read = """
        select version, at, who, action, document from configuration_versions where version > @since order by version
        """;

    // The next version only: of two gateways that write the same number, the second waits for the first and then writes nothing.
    private const string Write = """
        insert into configuration_versions (version, at, who, action, document)
        select @version, @at, @who, @action, @document
        where @version = (select coalesce(max(version), 0) + 1 from configuration_versions)
        on conflict (version) do nothing
        """;

    private const string Forget = "delete from configuration_versions where version <= @oldest";

    private readonly MigratedDatabase _database;
    private NpgsqlConnection? _listening;

    /// <param name="address">The database.</param>
    /// <param name="news">Reports what the migration waits for; null for no reports.</param>
    public SqlConfigurationStore(LedgerAddress address, MigrationNews? news = null) =>
        _database = new(address, news, isOfAdmin: true);

    public async Task<IReadOnlyList<StoredConfiguration>> ReadAsync(long since, CancellationToken cancellationToken)
    {
        var connection = await _database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var closing = connection.ConfigureAwait(false);
        var versions = await ReadAsync(connection, since, cancellationToken).ConfigureAwait(false);
        if (versions.Count > 0 || since == 0 || await NewestAsync(connection, cancellationToken).ConfigureAwait(false) >= since)
            return versions;
        versions = await ReadAsync(connection, 0, cancellationToken).ConfigureAwait(false);
        return versions.Count > 0 ? versions : [new() { Version = 0, At = default, Who = "", Action = "", Document = "" }];
    }

    public async Task<bool> WriteAsync(StoredConfiguration version, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(version);
        var connection = await _database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var closing = connection.ConfigureAwait(false);
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var ending = transaction.ConfigureAwait(false);
        var write = MigratedDatabase.Command(
            connection, transaction, Write,
            ("@version", version.Version), ("@at", version.At.ToUnixTimeMilliseconds()), ("@who", version.Who), ("@action", version.Action),
            ("@document", version.Document));
        await using var writing = write.ConfigureAwait(false);
        if (await write.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false) != 1)
            return false;
        var forget = MigratedDatabase.Command(
            connection, transaction, Forget, ("@oldest", version.Version - RuntimeConfiguration.HistoryLength));
        await using var forgetting = forget.ConfigureAwait(false);
        await forget.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        if (_database.Postgres is not null)
        {
            // Sent when the transaction is committed.
            var tell = MigratedDatabase.Command(connection, transaction, $"notify {Channel}");
            await using var telling = tell.ConfigureAwait(false);
            await tell.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }

        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    public Task WaitAsync(CancellationToken cancellationToken) => _database.Postgres is { } postgres
        ? ListenAsync(postgres, cancellationToken)
        : Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);

    public void Dispose()
    {
        _listening?.Dispose();
        _database.Dispose();
    }

    private static async Task<List<StoredConfiguration>> ReadAsync(
        DbConnection connection, long since, CancellationToken cancellationToken)
    {
        var command = MigratedDatabase.Command(connection, null, Read, ("@since", since));
        await using var disposing = command.ConfigureAwait(false);
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var ending = reader.ConfigureAwait(false);
        var versions = new List<StoredConfiguration>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            versions.Add(new()
            {
                Version = reader.GetInt64(0),
                At = DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(1)),
                Who = reader.GetString(2),
                Action = reader.GetString(3),
                Document = reader.GetString(4),
            });
        }

        return versions;
    }

    /// <summary>The newest version. A restored backup, or a standby without the last changes, begins again from an earlier one.</summary>
    private static async Task<long> NewestAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        var command = MigratedDatabase.Command(connection, null, "select coalesce(max(version), 0) from configuration_versions");
        await using var disposing = command.ConfigureAwait(false);
        return (long)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }

    private async Task ListenAsync(string postgres, CancellationToken cancellationToken)
    {
        try
        {
            if (_listening is null)
            {
                // Not pooled: a connection of the pool would keep listening for its next user.
                _listening = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(postgres) { Pooling = false }.ConnectionString);
                await _listening.OpenAsync(cancellationToken).ConfigureAwait(false);
                var listen = MigratedDatabase.Command(_listening, null, $"listen {Channel}");
                await using var disposing = listen.ConfigureAwait(false);
                await listen.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }

            await _listening.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            if (Interlocked.Exchange(ref _listening, null) is { } broken)
                await broken.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
