using Switchyard.Storage.Databases;
using Switchyard.Storage.Migrations;
using Switchyard.Stored;

namespace Switchyard.Storage.Stored;

/// <summary>
/// The owners of files and batches, in the database of <c>storage.ledger</c>, SQLite and PostgreSQL by the same statements. Thread-safe.
/// </summary>
internal sealed class SqlStoredOwners : IStoredOwners, IDisposable
{
    private readonly MigratedDatabase _database;

    /// <param name="address">The database.</param>
    /// <param name="news">Reports what the migration waits for; null for no reports.</param>
    public SqlStoredOwners(LedgerAddress address, MigrationNews? news = null) => _database = new(address, news);

    public async Task<StoredOwner?> FindAsync(string id, CancellationToken cancellationToken)
    {
        if (!DatabaseText.CanHold(id))
            return null;
        var connection = await _database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var closing = connection.ConfigureAwait(false);
        var command = MigratedDatabase.Command(
            connection, null, "select kind, provider, account, holder, time from stored_owners where id = @id", ("@id", id));
        await using var disposing = command.ConfigureAwait(false);
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var ending = reader.ConfigureAwait(false);
        return await reader.ReadAsync(cancellationToken).ConfigureAwait(false)
            ? new()
            {
                Id = id,
                Kind = reader.GetString(0),
                Provider = reader.GetString(1),
                Account = reader.GetString(2),
                Holder = reader.GetString(3),
                At = DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(4)),
            }
            : null;
    }

    public async Task<IReadOnlySet<string>> ListAsync(
        string kind, string provider, string holder, CancellationToken cancellationToken)
    {
        var connection = await _database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var closing = connection.ConfigureAwait(false);
        var command = MigratedDatabase.Command(
            connection, null, "select id from stored_owners where holder = @holder and kind = @kind and provider = @provider",
            ("@holder", holder), ("@kind", kind), ("@provider", provider));
        await using var disposing = command.ConfigureAwait(false);
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var ending = reader.ConfigureAwait(false);
        var ids = new HashSet<string>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            ids.Add(reader.GetString(0));
        return ids;
    }

    public Task AddAsync(StoredOwner owner, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(owner);
        return _database.RunAsync(
            """
            insert into stored_owners (id, kind, provider, account, holder, time)
            values (@id, @kind, @provider, @account, @holder, @time) on conflict (id) do nothing
            """,
            cancellationToken,
            ("@id", owner.Id), ("@kind", owner.Kind), ("@provider", owner.Provider), ("@account", owner.Account),
            ("@holder", owner.Holder), ("@time", owner.At.ToUnixTimeMilliseconds()));
    }

    public Task RemoveAsync(string id, CancellationToken cancellationToken) =>
        _database.RunAsync("delete from stored_owners where id = @id", cancellationToken, ("@id", id));

    public void Dispose() => _database.Dispose();
}
