using Microsoft.Data.Sqlite;
using Switchyard.Money;
using Switchyard.Storage.Databases;

namespace Switchyard.Storage.Ledger;

/// <summary>The table <c>entries</c>: its columns, and an entry's values in their order.</summary>
internal static class EntryTable
{
    /// <summary>The columns that are written, in the order of <see cref="ValuesOf"/>.</summary>
    public static readonly IReadOnlyList<string> Columns =
    [
        "call", "attempt", "request_id", "node", "started", "duration", "outcome", "key", "tenant", "end_user", "session", "tag", "alias",
        "provider", "model", "operation", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens",
        "cache_write_1h_tokens", "reasoning_tokens", "input_audio_tokens", "output_audio_tokens", "web_searches", "file_searches",
        "is_estimate", "input_cost", "output_cost", "cache_read_cost", "cache_write_cost", "reasoning_cost", "input_audio_cost",
        "output_audio_cost", "request_cost", "cost", "unpriced", "price_version", "worst_case", "budgets",
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
            usage.OutputAudio, usage.WebSearches, usage.FileSearches, entry.IsEstimate, cost.Input, cost.Output, cost.CacheRead,
            cost.CacheWrite, cost.Reasoning, cost.InputAudio, cost.OutputAudio, cost.Request, cost.Total, (int)entry.Unpriced,
            entry.PriceVersion, entry.WorstCase,
            BudgetsOf(entry),
        ];
    }

    /// <summary>Prepares the statement that inserts one entry into SQLite, unless it is there.</summary>
    public static PreparedStatement Insert(SqliteConnection connection) => new(
        connection,
        $"insert or ignore into entries ({string.Join(", ", Columns)}) values ({string.Join(", ", Columns.Select(_ => "?"))})");

    /// <summary>Binds an entry's values to <see cref="Insert"/>, in the order of <see cref="Columns"/>.</summary>
    public static void Bind(PreparedStatement insert, LedgerEntry entry, Guid node)
    {
        var (usage, cost) = (entry.Usage, entry.Cost);
        insert.Bind(entry.Call);
        insert.Bind(entry.Attempt);
        insert.Bind(entry.RequestId);
        insert.Bind(node);
        insert.Bind(entry.StartedAt.ToUnixTimeMilliseconds());
        insert.Bind((long)entry.Duration.TotalMilliseconds);
        insert.Bind((int)entry.Outcome);
        insert.Bind(entry.Key);
        insert.Bind(entry.Tenant);
        insert.Bind(entry.EndUser);
        insert.Bind(entry.Session);
        insert.Bind(entry.Tag);
        insert.Bind(entry.Alias);
        insert.Bind(entry.Provider);
        insert.Bind(entry.Model);
        insert.Bind(entry.Operation);
        insert.Bind(usage.Input);
        insert.Bind(usage.Output);
        insert.Bind(usage.CacheRead);
        insert.Bind(usage.CacheWrite);
        insert.Bind(usage.CacheWriteHour);
        insert.Bind(usage.Reasoning);
        insert.Bind(usage.InputAudio);
        insert.Bind(usage.OutputAudio);
        insert.Bind(usage.WebSearches);
        insert.Bind(usage.FileSearches);
        insert.Bind(entry.IsEstimate);
        insert.Bind(cost.Input);
        insert.Bind(cost.Output);
        insert.Bind(cost.CacheRead);
        insert.Bind(cost.CacheWrite);
        insert.Bind(cost.Reasoning);
        insert.Bind(cost.InputAudio);
        insert.Bind(cost.OutputAudio);
        insert.Bind(cost.Request);
        insert.Bind(cost.Total);
        insert.Bind((int)entry.Unpriced);
        insert.Bind(entry.PriceVersion);
        insert.Bind(entry.WorstCase);
        insert.Bind(BudgetsOf(entry));
    }

    private static string? BudgetsOf(LedgerEntry entry) => entry.Budgets switch
    {
        [] => null,
        [var only] => only,
        var several => string.Join('\n', several),
    };
}
