using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Switchyard.Canonical;
using Switchyard.Money;

namespace Switchyard.Storage.Ledger;

/// <summary>Reads entries back from the table <c>entries</c>.</summary>
internal static class EntryReader
{
    /// <summary>The columns to select for this reader: those of an entry, then its number.</summary>
    public static readonly string Columns = $"{string.Join(", ", EntryTable.Columns)}, seq";

    /// <summary>The oldest entries of a file, each with its number. Those set aside have a number below 0, and are skipped.</summary>
    public static List<(long Seq, LedgerEntry Entry)> ReadOldest(SqliteConnection file, int count)
    {
        using var command = file.CreateCommand();
        command.CommandText = string.Create(
            CultureInfo.InvariantCulture, $"select {Columns} from entries where seq > 0 order by seq limit {count}");
        using var reader = command.ExecuteReader();
        var entries = new List<(long, LedgerEntry)>();
        while (reader.Read())
            entries.Add(ReadNumbered(reader));
        return entries;
    }

    /// <summary>The number of a row that has <see cref="Columns"/>, which orders entries of the same millisecond, and its entry.</summary>
    public static (long Seq, LedgerEntry Entry) ReadNumbered(DbDataReader row) => (row.GetInt64(EntryTable.Columns.Count), Read(row));

    /// <summary>The entry of a row that has <see cref="EntryTable.Columns"/> in their order.</summary>
    public static LedgerEntry Read(DbDataReader row)
    {
        var at = 0;
        var call = row.GetValue(at) is byte[] bytes ? new Guid(bytes, bigEndian: true) : row.GetGuid(at);
        at++;
        var attempt = row.GetInt32(at++);
        var requestId = row.GetString(at++);
        // Skips the node.
        at++;
        var started = row.GetInt64(at++);
        var duration = row.GetInt64(at++);
        var outcome = (LedgerOutcome)row.GetInt32(at++);
        return new LedgerEntry
        {
            Call = call,
            Attempt = attempt,
            RequestId = requestId,
            StartedAt = DateTimeOffset.FromUnixTimeMilliseconds(started),
            Duration = TimeSpan.FromMilliseconds(duration),
            Outcome = outcome,
            Key = Text(),
            Tenant = Text(),
            EndUser = Text(),
            Session = Text(),
            Tag = Text(),
            Alias = Text() ?? "",
            Provider = Text() ?? "",
            Model = Text() ?? "",
            Operation = Text() ?? "",
            Usage = ReadUsage(row, ref at),
            IsEstimate = row.GetBoolean(at++),
            Cost = ReadCost(row, ref at),
            Unpriced = (Unpriced)AfterTheirSum(),
            PriceVersion = Text(),
            WorstCase = row.GetInt64(at++),
            Budgets = Text()?.Split('\n') ?? [],
        };

        string? Text() => row.IsDBNull(at++) ? null : row.GetString(at - 1);
        int AfterTheirSum()
        {
            at++;
            return row.GetInt32(at++);
        }
    }

    private static TokenUsage ReadUsage(DbDataReader row, ref int at) => new()
    {
        Input = ReadCount(row, ref at),
        Output = ReadCount(row, ref at),
        CacheRead = ReadCount(row, ref at),
        CacheWrite = ReadCount(row, ref at),
        CacheWriteHour = ReadCount(row, ref at),
        Reasoning = ReadCount(row, ref at),
        InputAudio = ReadCount(row, ref at),
        OutputAudio = ReadCount(row, ref at),
        WebSearches = ReadCount(row, ref at),
        FileSearches = ReadCount(row, ref at),
    };

    private static long? ReadCount(DbDataReader row, ref int at) => row.IsDBNull(at++) ? null : row.GetInt64(at - 1);

    private static TokenCost ReadCost(DbDataReader row, ref int at) => new()
    {
        Input = row.GetInt64(at++),
        Output = row.GetInt64(at++),
        CacheRead = row.GetInt64(at++),
        CacheWrite = row.GetInt64(at++),
        Reasoning = row.GetInt64(at++),
        InputAudio = row.GetInt64(at++),
        OutputAudio = row.GetInt64(at++),
        Request = row.GetInt64(at++),
    };
}
