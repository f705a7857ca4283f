using System.Data.Common;
using Switchyard.Identity;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Migrations;

namespace Switchyard.Storage.Keys;

/// <summary>Keys and tenants in the database of <c>storage.ledger</c>, SQLite and PostgreSQL by the same statements. Thread-safe.</summary>
internal sealed class SqlKeyStore : IKeyStore, IDisposable
{
    // Each writer takes the next number in its own transaction, and so waits for the previous writer: revisions appear in their order.
    private const string Next = "update identity_revision set value = value + 1 returning value";

    private const string Put = """
        insert into identities (kind, name, revision, document) values (@kind, @name, @revision, @document)
        on conflict (kind, name) do update set revision = excluded.revision, document = excluded.document
        where identities.revision = @expected or (@expected = 0 and identities.document is null)
        """;

    private const string PutUse = """
        insert into key_uses (name, used) values (@name, @used)
        on conflict (name) do update set used = excluded.used where key_uses.used < excluded.used
        """;

    private readonly MigratedDatabase _database;

    /// <param name="address">The database.</param>
    /// <param name="news">Reports what the migration waits for; null for no reports.</param>
    public SqlKeyStore(LedgerAddress address, MigrationNews? news = null) =>
        _database = new(address, news, isOfAdmin: true);

    public async Task<IReadOnlyList<KeyStoreRow>> ReadAsync(long since, CancellationToken cancellationToken)
    {
        var connection = await _database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var closing = connection.ConfigureAwait(false);
        var rows = await ReadAsync(connection, since, cancellationToken).ConfigureAwait(false);
        if (rows.Count > 0 || since == 0 || await LastAsync(connection, cancellationToken).ConfigureAwait(false) >= since)
            return rows;
        rows = await ReadAsync(connection, 0, cancellationToken).ConfigureAwait(false);
        return rows.Count > 0 ? rows : [new() { Kind = "", Name = "", Revision = 0 }];
    }

    public async Task<bool> WriteAsync(KeyStoreRow row, CancellationToken cancellationToken)
    {
        var connection = await _database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var closing = connection.ConfigureAwait(false);
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var ending = transaction.ConfigureAwait(false);
        var next = MigratedDatabase.Command(connection, transaction, Next);
        await using var disposing = next.ConfigureAwait(false);
        var revision = (long)(await next.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        var put = MigratedDatabase.Command(
            connection, transaction, Put,
            ("@kind", row.Kind), ("@name", row.Name), ("@revision", revision), ("@document", row.Document), ("@expected", row.Revision));
        await using var putting = put.ConfigureAwait(false);
        if (await put.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false) != 1)
            return false;
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    public async Task<IReadOnlyDictionary<string, DateTimeOffset>> ReadUsesAsync(
        DateTimeOffset since, CancellationToken cancellationToken)
    {
        var connection = await _database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var closing = connection.ConfigureAwait(false);
        var command = MigratedDatabase.Command(
            connection, null, "select name, used from key_uses where used > @since", ("@since", since.ToUnixTimeMilliseconds()));
        await using var disposing = command.ConfigureAwait(false);
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var ending = reader.ConfigureAwait(false);
        var uses = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            uses[reader.GetString(0)] = DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(1));
        return uses;
    }

    public async Task WriteUsesAsync(IReadOnlyDictionary<string, DateTimeOffset> uses, CancellationToken cancellationToken)
    {
        var connection = await _database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var closing = connection.ConfigureAwait(false);
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var ending = transaction.ConfigureAwait(false);
        // In the same order everywhere, so that two gateways never wait for each other.
        foreach (var (name, used) in uses.OrderBy(use => use.Key, StringComparer.Ordinal))
        {
            var command = MigratedDatabase.Command(
                connection, transaction, PutUse, ("@name", name), ("@used", used.ToUnixTimeMilliseconds()));
            await using var disposing = command.ConfigureAwait(false);
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }

        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => _database.Dispose();

    private static async Task<List<KeyStoreRow>> ReadAsync(DbConnection connection, long since, CancellationToken cancellationToken)
    {
        var command = MigratedDatabase.Command(
            connection,
            null,
            "select kind, name, revision, document from identities where revision > @since order by revision",
            ("@since", since));
        await using var disposing = command.ConfigureAwait(false);
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var ending = reader.ConfigureAwait(false);
        var rows = new List<KeyStoreRow>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            rows.Add(new()
            {
                Kind = reader.GetString(0),
                Name = reader.GetString(1),
                Revision = reader.GetInt64(2),
                Document = reader.IsDBNull(3) ? null : reader.GetString(3),
            });
        return rows;
    }

    /// <summary>The revision of the last change. A restored backup, or a standby without the last changes, begins again from an
    /// earlier one.</summary>
    private static async Task<long> LastAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        var command = MigratedDatabase.Command(connection, null, "select value from identity_revision");
        await using var disposing = command.ConfigureAwait(false);
        return (long)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }
}
