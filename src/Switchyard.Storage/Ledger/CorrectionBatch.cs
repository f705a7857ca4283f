using System.Data;
using System.Data.Common;
using Npgsql;
using Switchyard.Money;

namespace Switchyard.Storage.Ledger;

/// <summary>The corrections of one transaction: the entries, the sums they are in, and what their budgets have spent.</summary>
/// <param name="connection">The open database.</param>
/// <param name="transaction">The transaction, which the caller commits.</param>
/// <param name="reason">Why they are corrected.</param>
/// <param name="now">The time of the correction.</param>
internal sealed class CorrectionBatch(DbConnection connection, DbTransaction transaction, string reason, DateTimeOffset now)
{
    private const string Costs =
        "input_cost, output_cost, cache_read_cost, cache_write_cost, reasoning_cost, input_audio_cost, output_audio_cost, "
        + "request_cost, cost";

    private const string Tokens =
        "input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cache_write_1h_tokens, reasoning_tokens, "
        + "input_audio_tokens, output_audio_tokens, web_searches, file_searches";

    private const string Release =
        """
        update budget_leases set amount = greatest(0, amount - @worst) where account = @account
        and node = (select node from entries where call = @call and attempt = @attempt)
        """;

    private static readonly string s_set = string.Join(
        ", ",
        $"provider, model, {Tokens}, {Costs}, outcome, is_estimate, unpriced, price_version".Split(", ")
            .Select(name => $"{name} = @{name}"));

    private static readonly string s_update =
        $"""
        update entries set {s_set}
        where call = @call and attempt = @attempt and cost = @was_cost and outcome = @was_outcome
        and coalesce(price_version, '') = @was_version
        """;

    private static readonly string s_keep = Insert(
        "corrections", $"at, reason, call, attempt, outcome, is_estimate, input_tokens, output_tokens, {Costs}, unpriced, price_version");

    /// <summary>Corrects the entries that are unchanged since they were read.</summary>
    /// <returns>How many were corrected.</returns>
    public async Task<int> ApplyAsync(IReadOnlyList<LedgerCorrection> corrections, CancellationToken cancellationToken)
    {
        var done = new List<LedgerCorrection>(corrections.Count);
        // In the order of the calls, so that two processes that correct the same ones do not lock each other out.
        foreach (var pair in corrections.OrderBy(pair => pair.Before.Call).ThenBy(pair => pair.Before.Attempt))
        {
            if (await TryCorrectAsync(pair, cancellationToken).ConfigureAwait(false))
                done.Add(pair);
        }

        await Rollups.ReplaceAsync(
            connection, transaction, [.. done.Select(pair => pair.Before)], [.. done.Select(pair => pair.After)], cancellationToken)
            .ConfigureAwait(false);
        await MoveSpendingAsync(done, cancellationToken).ConfigureAwait(false);
        await ReleaseAsync(done, cancellationToken).ConfigureAwait(false);
        return done.Count;
    }

    /// <summary>Corrects one entry and keeps its original values; false if it has changed meanwhile.</summary>
    private async Task<bool> TryCorrectAsync(LedgerCorrection pair, CancellationToken cancellationToken)
    {
        var updated = await RunAsync(
            s_update,
            command =>
            {
                Describe(command, pair.After);
                command.Add("was_cost", pair.Before.Cost.Total);
                command.Add("was_outcome", (int)pair.Before.Outcome);
                command.Add("was_version", pair.Before.PriceVersion ?? "");
            },
            cancellationToken).ConfigureAwait(false);
        if (updated == 0)
            return false;
        await RunAsync(
            s_keep,
            command =>
            {
                Describe(command, pair.Before);
                command.Add("at", now.ToUnixTimeMilliseconds());
                command.Add("reason", reason);
            },
            cancellationToken).ConfigureAwait(false);
        return true;
    }

    private async Task MoveSpendingAsync(List<LedgerCorrection> done, CancellationToken cancellationToken)
    {
        var accounts = done
            .SelectMany(pair => pair.Before.Budgets.Select(account => (account, Added: pair.After.Cost.Total - pair.Before.Cost.Total)))
            .GroupBy(change => change.account, change => change.Added)
            .OrderBy(account => account.Key, StringComparer.Ordinal);
        foreach (var account in accounts)
        {
            await RunAsync(
                "update budget_accounts set spent = spent + @added where account = @account",
                command =>
                {
                    command.Add("added", account.Sum());
                    command.Add("account", account.Key);
                },
                cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>If gateways share budgets, the worst case of an unknown call is part of what its gateway holds.</summary>
    private async Task ReleaseAsync(List<LedgerCorrection> done, CancellationToken cancellationToken)
    {
        if (connection is not NpgsqlConnection)
            return;
        foreach (var entry in done.Select(pair => pair.Before).Where(entry => entry.Outcome == LedgerOutcome.Unknown))
        {
            foreach (var account in entry.Budgets.Order(StringComparer.Ordinal))
            {
                await RunAsync(
                    Release,
                    command =>
                    {
                        command.Add("worst", entry.WorstCase);
                        command.Add("account", account);
                        command.Add("call", entry.Call);
                        command.Add("attempt", entry.Attempt);
                    },
                    cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<int> RunAsync(string sql, Action<DbCommand> describe, CancellationToken cancellationToken)
    {
        var command = connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            (command.CommandText, command.Transaction) = (sql, transaction);
            describe(command);
            return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>An entry's values, as the parameters of both statements.</summary>
    private static void Describe(DbCommand command, LedgerEntry entry)
    {
        var all = command.CommandText == s_update;
        command.Add("call", command is NpgsqlCommand ? entry.Call : entry.Call.ToByteArray(bigEndian: true));
        command.Add("attempt", entry.Attempt);
        command.Add("outcome", (int)entry.Outcome);
        command.Add("is_estimate", entry.IsEstimate);
        command.Add("unpriced", (int)entry.Unpriced);
        AddText("price_version", entry.PriceVersion);
        AddCount("input_tokens", entry.Usage.Input);
        AddCount("output_tokens", entry.Usage.Output);
        if (all)
        {
            command.Add("provider", entry.Provider);
            command.Add("model", entry.Model);
            AddCount("cache_read_tokens", entry.Usage.CacheRead);
            AddCount("cache_write_tokens", entry.Usage.CacheWrite);
            AddCount("cache_write_1h_tokens", entry.Usage.CacheWriteHour);
            AddCount("reasoning_tokens", entry.Usage.Reasoning);
            AddCount("input_audio_tokens", entry.Usage.InputAudio);
            AddCount("output_audio_tokens", entry.Usage.OutputAudio);
            AddCount("web_searches", entry.Usage.WebSearches);
            AddCount("file_searches", entry.Usage.FileSearches);
        }

        command.Add("input_cost", entry.Cost.Input);
        command.Add("output_cost", entry.Cost.Output);
        command.Add("cache_read_cost", entry.Cost.CacheRead);
        command.Add("cache_write_cost", entry.Cost.CacheWrite);
        command.Add("reasoning_cost", entry.Cost.Reasoning);
        command.Add("input_audio_cost", entry.Cost.InputAudio);
        command.Add("output_audio_cost", entry.Cost.OutputAudio);
        command.Add("request_cost", entry.Cost.Request);
        command.Add("cost", entry.Cost.Total);

        void AddCount(string name, long? value)
        {
            command.Add(name, (object?)value ?? DBNull.Value);
            command.Parameters[^1].DbType = DbType.Int64;
        }

        void AddText(string name, string? value)
        {
            command.Add(name, (object?)value ?? DBNull.Value);
            command.Parameters[^1].DbType = DbType.String;
        }
    }

    private static string Insert(string table, string columns) =>
        $"insert into {table} ({columns}) values ({string.Join(", ", columns.Split(", ").Select(column => $"@{column}"))})";
}
