using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using Switchyard.Money;

namespace Switchyard.Storage.Ledger;

/// <summary>Writes entries, and what they spend, to PostgreSQL.</summary>
internal static class PostgresEntries
{
    // In UTF-8 a char takes three bytes at most; a surrogate pair takes four.
    private const int MostIndexed = 800;

    private static readonly string s_insert =
        $"insert into entries ({string.Join(", ", EntryTable.Columns)}) "
            + $"select * from unnest({string.Join(", ", EntryTable.Columns.Select(column => $"@{column}"))}) "
            + "on conflict (call, attempt) do nothing returning call, attempt";

    /// <summary>
    /// Claims a name and writes entries, their sums and what they spend, all or nothing; false if the name was claimed before.
    /// </summary>
    public static async ValueTask<bool> TryWriteOnceAsync(
        NpgsqlDataSource source,
        string name,
        IReadOnlyList<LedgerEntry> entries,
        Guid node,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        var connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                var claim = new NpgsqlCommand(PostgresUnknownCalls.Claim, connection, transaction)
                {
                    Parameters = { new() { Value = name } },
                };
                await using (claim.ConfigureAwait(false))
                {
                    if (await claim.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false) == 0)
                        return false;
                }

                await WriteAsync(connection, transaction, entries, node, now, cancellationToken).ConfigureAwait(false);
                await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
                return true;
            }
        }
    }

    /// <summary>Writes the entries that are not there yet, their sums and what they spend.</summary>
    public static async Task WriteAsync(
        NpgsqlConnection connection,
        NpgsqlTransaction transaction,
        IReadOnlyList<LedgerEntry> entries,
        Guid node,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        var inserted = await InsertAsync(connection, transaction, entries, node, cancellationToken).ConfigureAwait(false);
        await Rollups.AddAsync(connection, transaction, inserted, cancellationToken).ConfigureAwait(false);
        await SpendAsync(connection, transaction, inserted, node, now, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Inserts the entries that are new, and returns those as PostgreSQL has them.</summary>
    public static async Task<IReadOnlyList<LedgerEntry>> InsertAsync(
        NpgsqlConnection connection,
        NpgsqlTransaction transaction,
        IReadOnlyList<LedgerEntry> entries,
        Guid node,
        CancellationToken cancellationToken)
    {
        // Sums and accounts use the same texts as the entries, so that a later correction finds them.
        entries = [.. entries.Select(Storable)];
        var values = entries.Select(entry => EntryTable.ValuesOf(entry, node)).ToList();
        var inserted = new HashSet<(Guid, int)>();
        var command = new NpgsqlCommand(s_insert, connection, transaction);
        await using (command.ConfigureAwait(false))
        {
            for (var i = 0; i < EntryTable.Columns.Count; i++)
                command.Parameters.Add(ParameterOf(EntryTable.Columns[i], values, i));
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                    inserted.Add((reader.GetGuid(0), reader.GetInt32(1)));
            }
        }

        return inserted.Count == entries.Count ? entries
            : [.. entries.Where(entry => inserted.Contains((entry.Call, entry.Attempt)))];
    }

    /// <summary>Adds the cost of entries to what their budgets have spent, and subtracts it from what the node holds of them.</summary>
    public static async Task SpendAsync(
        NpgsqlConnection connection,
        NpgsqlTransaction transaction,
        IReadOnlyList<LedgerEntry> entries,
        Guid node,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        // In the same order everywhere: gateways that spend of the same budgets at once lock the rows in that order.
        var spent = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            foreach (var account in entry.Budgets)
                spent[account] = spent.GetValueOrDefault(account) + entry.Cost.Total;
        }

        if (spent.Count == 0)
            return;
        var batch = new NpgsqlBatch(connection, transaction);
        await using (batch.ConfigureAwait(false))
        {
            foreach (var (account, amount) in spent)
            {
                batch.BatchCommands.Add(new NpgsqlBatchCommand(
                    "insert into budget_accounts (account, updated, spent) values ($1, $2, $3) on conflict (account) "
                        + "do update set spent = budget_accounts.spent + excluded.spent, updated = excluded.updated")
                {
                    Parameters = { new() { Value = account }, new() { Value = now.ToUnixTimeMilliseconds() }, new() { Value = amount } },
                });
                batch.BatchCommands.Add(new NpgsqlBatchCommand(
                    "update budget_leases set amount = greatest(0, amount - $3) where account = $1 and node = $2")
                {
                    Parameters = { new() { Value = account }, new() { Value = node }, new() { Value = amount } },
                });
            }

            await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>An entry with texts that PostgreSQL accepts: one that it refused would be in no sum.</summary>
    private static LedgerEntry Storable(LedgerEntry entry)
    {
        if (Fits(entry.RequestId) && Fits(entry.Key) && Fits(entry.Tenant) && Fits(entry.EndUser) && Fits(entry.Session) && Fits(entry.Tag)
            && Fits(entry.Alias) && Fits(entry.Provider) && Fits(entry.Model) && Fits(entry.PriceVersion)
            && !entry.Budgets.Any(account => account.Contains('\0')))
            return entry;
        return entry with
        {
            RequestId = Stored(entry.RequestId) ?? "",
            Key = Stored(entry.Key),
            Tenant = Stored(entry.Tenant),
            EndUser = Stored(entry.EndUser),
            Session = Stored(entry.Session),
            Tag = Stored(entry.Tag),
            Alias = Stored(entry.Alias) ?? "",
            Provider = Stored(entry.Provider) ?? "",
            Model = Stored(entry.Model) ?? "",
            PriceVersion = Stored(entry.PriceVersion),
            Budgets = [.. entry.Budgets.Select(account => account.Replace("\0", "", StringComparison.Ordinal))],
        };
    }

    // PostgreSQL has no character 0, and its indexes take no value of more than some 2,700 bytes.
    private static bool Fits(string? text) => text is null || (text.Length <= MostIndexed && !text.Contains('\0'));

    private static string? Stored(string? text)
    {
        text = text?.Replace("\0", "", StringComparison.Ordinal);
        return text is null || text.Length <= MostIndexed
            ? text
            : text[..(char.IsHighSurrogate(text[MostIndexed - 1]) ? MostIndexed - 1 : MostIndexed)];
    }

    private static NpgsqlParameter ParameterOf(string column, List<object?[]> rows, int at)
    {
        return column switch
        {
            "call" or "node" => Array<Guid>(NpgsqlDbType.Uuid),
            "attempt" or "outcome" or "unpriced" => Array<int>(NpgsqlDbType.Integer),
            "is_estimate" => Array<bool>(NpgsqlDbType.Boolean),
            "request_id" or "key" or "tenant" or "end_user" or "session" or "tag" or "alias" or "provider" or "model" or "operation"
                or "price_version" or "budgets" => new NpgsqlParameter(column, NpgsqlDbType.Array | NpgsqlDbType.Text)
                {
                    Value = rows.Select(row => (string?)row[at]).ToArray(),
                },
            _ => new NpgsqlParameter(column, NpgsqlDbType.Array | NpgsqlDbType.Bigint)
            {
                Value = rows.Select(
                    row => row[at] is { } value ? Convert.ToInt64(value, CultureInfo.InvariantCulture) : (long?)null).ToArray(),
            },
        };

        NpgsqlParameter Array<T>(NpgsqlDbType type) =>
            new(column, NpgsqlDbType.Array | type) { Value = rows.Select(row => (T)row[at]!).ToArray() };
    }
}
