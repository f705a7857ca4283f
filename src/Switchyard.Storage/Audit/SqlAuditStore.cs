using System.Data.Common;
using Npgsql;
using Switchyard.Auditing;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Migrations;

namespace Switchyard.Storage.Audit;

/// <summary>
/// The audit log in the database of <c>storage.ledger</c>, SQLite and PostgreSQL by the same statements. Several gateways write one chain:
/// a writer locks the table from reading the last entry until its own entries are in. Thread-safe.
/// </summary>
internal sealed class SqlAuditStore : IAuditStore, IDisposable
{
    private const string Columns =
        "number, time, who, kind, role, operation, target, changes, status, outcome, request_id, previous, hash";

    private const string Insert = $"""
        insert into audit ({Columns}) values
        (@number, @time, @who, @kind, @role, @operation, @target, @changes, @status, @outcome, @request_id, @previous, @hash)
        """;

    private readonly MigratedDatabase _database;

    /// <param name="address">The database.</param>
    /// <param name="news">Reports what the migration waits for; null for no reports.</param>
    public SqlAuditStore(LedgerAddress address, MigrationNews? news = null) =>
        _database = new(address, news, isOfAdmin: true);

    public async Task AppendAsync(Func<AuditEntry?, IReadOnlyList<AuditEntry>> make, CancellationToken cancellationToken)
    {
        var connection = await _database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var closing = connection.ConfigureAwait(false);
        // In SQLite this takes the write lock of the file at once.
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var ending = transaction.ConfigureAwait(false);
        if (connection is NpgsqlConnection)
        {
            var locking = MigratedDatabase.Command(connection, transaction, "lock table audit in exclusive mode");
            await using var locked = locking.ConfigureAwait(false);
            await locking.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }

        var newest = MigratedDatabase.Command(connection, transaction, $"select {Columns} from audit order by number desc limit 1");
        await using var reading = newest.ConfigureAwait(false);
        var last = await ReadAsync(newest, cancellationToken).ConfigureAwait(false);
        foreach (var entry in make(last is [var only] ? only : null))
        {
            var insert = MigratedDatabase.Command(
                connection, transaction, Insert,
                ("@number", entry.Number), ("@time", entry.Time.ToUnixTimeMilliseconds()), ("@who", entry.Fact.Who),
                ("@kind", entry.Fact.Kind), ("@role", entry.Fact.Role), ("@operation", entry.Fact.Operation),
                ("@target", entry.Fact.Target), ("@changes", entry.Fact.Changes), ("@status", (long)entry.Fact.Status),
                ("@outcome", entry.Fact.Outcome), ("@request_id", entry.Fact.RequestId), ("@previous", entry.Previous),
                ("@hash", entry.Hash));
            await using var inserting = insert.ConfigureAwait(false);
            await insert.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }

        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    public Task<IReadOnlyList<AuditEntry>> ReadAfterAsync(long number, int limit, CancellationToken cancellationToken) =>
        ReadAsync($"select {Columns} from audit where number > @number order by number limit @limit", number, limit, cancellationToken);

    public Task<IReadOnlyList<AuditEntry>> ReadBeforeAsync(long number, int limit, CancellationToken cancellationToken) =>
        ReadAsync(
            $"select {Columns} from audit where number < @number order by number desc limit @limit", number, limit, cancellationToken);

    public void Dispose() => _database.Dispose();

    private async Task<IReadOnlyList<AuditEntry>> ReadAsync(string sql, long number, int limit, CancellationToken cancellationToken)
    {
        var connection = await _database.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var closing = connection.ConfigureAwait(false);
        var command = MigratedDatabase.Command(connection, null, sql, ("@number", number), ("@limit", (long)limit));
        await using var disposing = command.ConfigureAwait(false);
        return await ReadAsync(command, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<IReadOnlyList<AuditEntry>> ReadAsync(DbCommand command, CancellationToken cancellationToken)
    {
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var ending = reader.ConfigureAwait(false);
        var entries = new List<AuditEntry>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            entries.Add(new()
            {
                Number = reader.GetInt64(0),
                Time = DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(1)),
                Fact = new()
                {
                    Who = reader.GetString(2),
                    Kind = reader.GetString(3),
                    Role = reader.GetString(4),
                    Operation = reader.GetString(5),
                    Target = reader.GetString(6),
                    Changes = reader.IsDBNull(7) ? null : reader.GetString(7),
                    Status = (int)reader.GetInt64(8),
                    Outcome = reader.GetString(9),
                    RequestId = reader.IsDBNull(10) ? null : reader.GetString(10),
                },
                Previous = reader.GetString(11),
                Hash = reader.GetString(12),
            });
        }

        return entries;
    }
}
