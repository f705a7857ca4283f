using System.Data.Common;
using Switchyard.Canonical;
using Switchyard.Money;

namespace Switchyard.Storage.Ledger;

/// <summary>Reads a line of <c>entries</c>.</summary>
internal static class EntryRow
{
    /// <summary>What is selected, in the order of <see cref="Read"/>.</summary>
    public const string Columns =
        """
        seq, call, attempt, request_id, started, duration, outcome, key, tenant, end_user, session, tag, alias, provider, model, operation,
        input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, input_audio_tokens, output_audio_tokens,
        is_estimate, input_cost, output_cost, cache_read_cost, cache_write_cost, reasoning_cost, input_audio_cost, output_audio_cost,
        request_cost, unpriced, price_version, worst_case, budgets
        """;

    /// <summary>The line's number, which orders those that began in the same millisecond, and what it says.</summary>
    public static (long Seq, LedgerEntry Entry) Read(DbDataReader row)
    {
        var seq = row.GetInt64(0);
        return (seq, new LedgerEntry
        {
            Call = row.GetValue(1) is Guid id ? id : new Guid(row.GetFieldValue<byte[]>(1), bigEndian: true),
            Attempt = row.GetInt32(2),
            RequestId = row.GetString(3),
            StartedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4)),
            Duration = TimeSpan.FromMilliseconds(row.GetInt64(5)),
            Outcome = (LedgerOutcome)row.GetInt32(6),
            Key = Text(7),
            Tenant = Text(8),
            EndUser = Text(9),
            Session = Text(10),
            Tag = Text(11),
            Alias = row.GetString(12),
            Provider = row.GetString(13),
            Model = row.GetString(14),
            Operation = row.GetString(15),
            Usage = new TokenUsage
            {
                Input = Number(16),
                Output = Number(17),
                CacheRead = Number(18),
                CacheWrite = Number(19),
                Reasoning = Number(20),
                InputAudio = Number(21),
                OutputAudio = Number(22),
            },
            IsEstimate = row.GetBoolean(23),
            Cost = new TokenCost
            {
                Input = row.GetInt64(24),
                Output = row.GetInt64(25),
                CacheRead = row.GetInt64(26),
                CacheWrite = row.GetInt64(27),
                Reasoning = row.GetInt64(28),
                InputAudio = row.GetInt64(29),
                OutputAudio = row.GetInt64(30),
                Request = row.GetInt64(31),
            },
            Unpriced = (Unpriced)row.GetInt32(32),
            PriceVersion = Text(33),
            WorstCase = row.GetInt64(34),
            Budgets = Text(35)?.Split('\n') ?? [],
        });

        string? Text(int column) => row.IsDBNull(column) ? null : row.GetString(column);

        long? Number(int column) => row.IsDBNull(column) ? null : row.GetInt64(column);
    }
}
