using Npgsql;

namespace Switchyard.Storage.Ledger;

/// <summary>
/// Reads what all processes have spent of the budgets that only warn: no process holds a part of these, and each must know when to warn.
/// One run at a time.
/// </summary>
/// <param name="source">The database.</param>
/// <param name="time">The clock.</param>
internal sealed class BudgetWatch(NpgsqlDataSource source, TimeProvider time)
{
    // With an account for each end user there may be very many: each run then reads the next 1,000.
    private const int MostWatched = 1000;

    // Summing entries may take long. The pause is this many times as long, even if new accounts keep coming.
    private const int Rest = 20;

    private const int MostSeconds = 60;

    private int _next;
    private long _restsUntil;

    /// <summary>Reads the next of the watched budgets.</summary>
    public async Task LookAsync(IReadOnlyList<BudgetShare> all, CancellationToken cancellationToken)
    {
        var watched = all.Skip(_next).Take(MostWatched).ToDictionary(share => share.Account.Id, StringComparer.Ordinal);
        _next = _next + MostWatched < all.Count ? _next + MostWatched : 0;
        if (watched.Count == 0)
            return;
        var connection = await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            await AddUpAsync(connection, watched, cancellationToken).ConfigureAwait(false);
            var sums = await Rows.ReadAsync(
                connection,
                null,
                command =>
                {
                    command.CommandText = "select account, spent from budget_accounts where account = any($1)";
                    command.Parameters.Add(new NpgsqlParameter { Value = watched.Keys.ToArray() });
                },
                static row => (Account: row.GetString(0), Spent: row.GetInt64(1)),
                cancellationToken).ConfigureAwait(false);
            foreach (var (account, spent) in sums)
                watched[account].Watched(spent);
        }
    }

    /// <summary>
    /// Sums the entries of rolling periods. That is rare: in between, the database's own sum, which only grows, shows how much has been
    /// added since.
    /// </summary>
    private async Task AddUpAsync(
        NpgsqlConnection connection, Dictionary<string, BudgetShare> watched, CancellationToken cancellationToken)
    {
        var (now, begun) = (time.GetUtcNow(), time.GetTimestamp());
        if (begun < _restsUntil)
            return;
        try
        {
            foreach (var group in watched.Values.Where(share => share.IsToBeAddedUp(now)).GroupBy(share => share.Rolling!.Value))
            {
                string[] accounts = [.. group.Select(share => share.Account.Id)];
                var sums = await Rows.ReadAsync(
                    connection,
                    null,
                    command =>
                    {
                        // Both from one snapshot of the database.
                        command.CommandText =
                            "select a.account, a.spent, coalesce(s.amount, 0)::bigint from budget_accounts a left join "
                                + "(select b.account, sum(e.cost) as amount from entries e "
                                + "cross join lateral unnest(string_to_array(e.budgets, chr(10))) as b (account) "
                                + "where e.started >= $2 and b.account = any($1) group by b.account) s on s.account = a.account "
                                + "where a.account = any($1)";
                        command.CommandTimeout = MostSeconds;
                        command.Parameters.Add(new NpgsqlParameter { Value = accounts });
                        command.Parameters.Add(new NpgsqlParameter { Value = (now - group.Key).ToUnixTimeMilliseconds() });
                    },
                    static row => (Account: row.GetString(0), Spent: row.GetInt64(1), Within: row.GetInt64(2)),
                    cancellationToken).ConfigureAwait(false);
                foreach (var share in group)
                    share.AddedUp(now);
                foreach (var (account, spent, within) in sums)
                    watched[account].AddedUp(now, spent, within);
            }
        }
        finally
        {
            var ended = time.GetTimestamp();
            _restsUntil = ended + (Rest * (ended - begun));
        }
    }
}
