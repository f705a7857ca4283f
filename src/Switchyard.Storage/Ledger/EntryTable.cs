using System.Globalization;
using Microsoft.Data.Sqlite;
using Switchyard.Money;

namespace Switchyard.Storage.Ledger;

/// <summary>The table <c>entries</c>: its columns, and an entry's values in their order.</summary>
internal static class EntryTable
{
    /// <summary>The columns that are written, in the order of <see cref="ValuesOf"/>.</summary>
    public static readonly IReadOnlyList<string> Columns =
    [
        "call", "attempt", "request_id", "node", "started", "duration", "outcome", "key", "tenant", "end_user", "session", "tag", "alias",
        "provider", "model", "operation", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens",
        "cache_write_1h_tokens", "reasoning_tokens",
        "input_audio_tokens", "output_audio_tokens", "is_estimate", "input_cost", "output_cost", "cache_read_cost", "cache_write_cost",
        "reasoning_cost", "input_audio_cost", "output_audio_cost", "request_cost", "cost", "unpriced", "price_version", "worst_case",
        "budgets",
    ];

    /// <summary>An entry's values, as .NET types.</summary>
    public static object?[] ValuesOf(LedgerEntry entry, Guid node)
    {
        var (usage, cost) = (entry.Usage, entry.Cost);
        return
        [
            entry.Call, entry.Attempt, entry.RequestId, node, entry.StartedAt.ToUnixTimeMilliseconds(),
            (long)entry.Duration.TotalMilliseconds,
            (int)entry.Outcome, entry.Key, entry.Tenant, entry.EndUser, entry.Session, entry.Tag, entry.Alias, entry.Provider, entry.Model,
            entry.Operation, usage.Input, usage.Output, usage.CacheRead, usage.CacheWrite, usage.CacheWriteHour, usage.Reasoning,
            usage.InputAudio,
            usage.OutputAudio, entry.IsEstimate, cost.Input, cost.Output, cost.CacheRead, cost.CacheWrite, cost.Reasoning, cost.InputAudio,
            cost.OutputAudio, cost.Request, cost.Total, (int)entry.Unpriced, entry.PriceVersion, entry.WorstCase,
            entry.Budgets.Count == 0 ? null : string.Join('\n', entry.Budgets),
        ];
    }

    /// <summary>Makes the statement that inserts one entry into SQLite, unless it is there.</summary>
    public static SqliteCommand Insert(SqliteConnection connection, SqliteTransaction transaction)
    {
        var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = string.Create(
            CultureInfo.InvariantCulture,
            $"insert or ignore into entries ({string.Join(", ", Columns)}) "
                + $"values ({string.Join(", ", Columns.Select(name => $"@{name}"))})");
        foreach (var name in Columns)
            command.Parameters.Add(new SqliteParameter { ParameterName = $"@{name}" });
        return command;
    }

    /// <summary>Sets the values of <see cref="Insert"/>.</summary>
    public static void Bind(SqliteCommand insert, LedgerEntry entry, Guid node)
    {
        var values = ValuesOf(entry, node);
        for (var i = 0; i < values.Length; i++)
        {
            insert.Parameters[i].Value = values[i] switch
            {
                null => DBNull.Value,
                Guid id => id.ToByteArray(bigEndian: true),
                bool flag => flag ? 1 : 0,
                var value => value,
            };
        }
    }
}
