using Npgsql;
using Switchyard.Canonical;
using Switchyard.Money;

namespace Switchyard.Storage.Ledger;

/// <summary>The calls whose end is not known, of all processes that share a ledger. Thread-safe.</summary>
internal sealed class PostgresUnknownCalls(NpgsqlDataSource source)
{
    /// <summary>Claims a name, the parameter <c>$1</c>: it changes a row only if the name was not claimed before.</summary>
    public const string Claim =
        "insert into claims (name, claimed) values ($1, (extract(epoch from now()) * 1000)::bigint) on conflict do nothing";

    private static readonly string s_columns = string.Join(", ", EntryTable.Columns);

    /// <summary>All of them, oldest first.</summary>
    public async ValueTask<IReadOnlyList<LedgerEntry>> FindAsync(CancellationToken cancellationToken)
    {
        var connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var command = new NpgsqlCommand($"select {s_columns} from entries where outcome = 0 order by seq limit 10000", connection);
            await using (command.ConfigureAwait(false))
            {
                var found = new List<LedgerEntry>();
                var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                        found.Add(EntryReader.Read(reader));
                }

                return found;
            }
        }
    }

    /// <summary>Sets the cost of one: its budgets have spent that, and its process no longer holds the worst case.</summary>
    public async ValueTask<bool> ResolveAsync(Guid call, long cost, CancellationToken cancellationToken)
    {
        var connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                var (unknown, node) = await TakeAsync(connection, transaction, call, cost, cancellationToken).ConfigureAwait(false);
                if (unknown is null)
                    return false;
                await Rollups.ReplaceAsync(
                    connection,
                    transaction,
                    [unknown],
                    [unknown with { Outcome = LedgerOutcome.Resolved, Cost = new TokenCost { Request = cost } }],
                    cancellationToken).ConfigureAwait(false);
                foreach (var account in unknown.Budgets.Order(StringComparer.Ordinal))
                {
                    await ExecuteAsync(
                        connection, transaction, "update budget_accounts set spent = spent + $2 where account = $1",
                        cancellationToken, account, cost).ConfigureAwait(false);
                    await ExecuteAsync(
                        connection, transaction,
                        "update budget_leases set amount = greatest(0, amount - $3) where account = $1 and node = $2",
                        cancellationToken, account, node, unknown.WorstCase).ConfigureAwait(false);
                }

                await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
                return true;
            }
        }
    }

    /// <summary>
    /// Books the calls that began before a time at their worst case, and as spent what processes hold that have not renewed it since: they
    /// may have spent it without a record.
    /// </summary>
    public async ValueTask<IReadOnlyList<LedgerEntry>> BookAsync(DateTimeOffset startedBefore, CancellationToken cancellationToken)
    {
        var old = (await FindAsync(cancellationToken).ConfigureAwait(false)).Where(entry => entry.StartedAt < startedBefore).ToList();
        foreach (var entry in old)
            await ResolveAsync(entry.Call, entry.WorstCase, cancellationToken).ConfigureAwait(false);
        var command = source.CreateCommand(
            "with lost as (delete from budget_leases where expires < $1 returning account, amount), "
                + "sums as (select account, sum(amount)::bigint as amount from lost group by account) "
                + "update budget_accounts a set spent = a.spent + sums.amount from sums where a.account = sums.account");
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.Add(new NpgsqlParameter { Value = startedBefore.ToUniversalTime() });
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }

        return old;
    }

    /// <summary>Claims a name; false if a process has claimed it before.</summary>
    public async ValueTask<bool> TryClaimAsync(string name, CancellationToken cancellationToken)
    {
        var command = source.CreateCommand(Claim);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.Add(new NpgsqlParameter { Value = name });
            return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false) > 0;
        }
    }

    private static async Task<(LedgerEntry? Unknown, Guid Node)> TakeAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, Guid call, long cost, CancellationToken cancellationToken)
    {
        LedgerEntry unknown;
        Guid node;
        var find = new NpgsqlCommand(
            $"select {s_columns} from entries where call = $1 and outcome = 0 for update", connection, transaction)
        {
            Parameters = { new() { Value = call } },
        };
        await using (find.ConfigureAwait(false))
        {
            var reader = await find.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                if (!await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                    return default;
                unknown = EntryReader.Read(reader);
                node = reader.GetGuid(reader.GetOrdinal("node"));
            }
        }

        await ExecuteAsync(
            connection, transaction,
            "update entries set outcome = 5, cost = $2, request_cost = $2, unpriced = 0 where call = $1 and outcome = 0",
            cancellationToken, call, cost).ConfigureAwait(false);
        return (unknown, node);
    }

    private static async Task ExecuteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, string sql, CancellationToken cancellationToken, params object[] values)
    {
        var command = new NpgsqlCommand(sql, connection, transaction);
        await using (command.ConfigureAwait(false))
        {
            foreach (var value in values)
                command.Parameters.Add(new NpgsqlParameter { Value = value });
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
