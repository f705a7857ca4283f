using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;
using NpgsqlTypes;
using Switchyard.Money;

namespace Switchyard.Storage.Ledger;

/// <summary>
/// Writes the sums of entries. It runs in the transaction that writes the entries: then the two never differ. What changes hours that have
/// been gathered already is also written to the levels built from them.
/// </summary>
internal static class Rollups
{
    private static readonly string[] s_columns = [.. RollupKey.Columns, .. RollupFigure.All.Select(measure => measure.Name)];

    private static readonly Statements[] s_written = StatementsOf(RollupLevel.Written);

    private static readonly (GatheredRollups Rollups, Statements[] Statements)[] s_gathered =
        [.. GatheredRollups.All.Select(rollups => (rollups, StatementsOf(rollups.Levels)))];

    private static string Parameters => string.Join(", ", s_columns.Select(name => $"@{name}"));

    /// <summary>Adds entries that have just been inserted.</summary>
    public static void Add(SqliteConnection connection, SqliteTransaction? transaction, IReadOnlyList<LedgerEntry> inserted) =>
        Write(connection, transaction, Sum([], inserted));

    /// <inheritdoc cref="Add"/>
    public static Task AddAsync(
        NpgsqlConnection connection,
        DbTransaction? transaction,
        IReadOnlyList<LedgerEntry> inserted,
        CancellationToken cancellationToken) =>
        WriteAsync(connection, transaction, Sum([], inserted), cancellationToken);

    /// <summary>Replaces the sums of entries as they were by those of the entries as they are now.</summary>
    public static Task ReplaceAsync(
        DbConnection connection,
        DbTransaction? transaction,
        IReadOnlyList<LedgerEntry> before,
        IReadOnlyList<LedgerEntry> after,
        CancellationToken cancellationToken)
    {
        var sums = Sum(before, after);
        if (connection is NpgsqlConnection postgres)
            return WriteAsync(postgres, transaction, sums, cancellationToken);
        Write((SqliteConnection)connection, (SqliteTransaction?)transaction, sums);
        return Task.CompletedTask;
    }

    /// <summary>The statement that adds all lines of an hour to a gathered level, with the hour and the beginning of its span.</summary>
    public static string Gather(RollupLevel level)
    {
        string[] kept = level.Kept == RollupParts.Tenants ? ["tenant"] : ["key", "tenant"];
        var sums = RollupFigure.All.Select(measure => $"cast(sum({measure.Name}) as bigint)");
        var columns = string.Join(", ", RollupKey.Columns.Skip(1).Select(name => kept.Contains(name) ? name : "''").Concat(sums));
        return Upsert(
            level.Table,
            $"select @span, {columns} from {RollupLevel.Hours.Table} where hour = @hour group by {string.Join(", ", kept)}");
    }

    /// <summary>In the key's order: gateways that write the same hours at once lock their lines in the same order.</summary>
    private static SortedDictionary<RollupKey, long[]> Sum(IReadOnlyList<LedgerEntry> minus, IReadOnlyList<LedgerEntry> plus)
    {
        var sums = new Dictionary<RollupKey, long[]>();
        foreach (var entry in minus)
            Add(entry, -1);
        foreach (var entry in plus)
            Add(entry, 1);
        return new(sums);

        void Add(LedgerEntry entry, int sign)
        {
            var key = RollupKey.Of(entry);
            if (!sums.TryGetValue(key, out var sum))
                sums[key] = sum = new long[RollupFigure.All.Length];
            for (var i = 0; i < sum.Length; i++)
                sum[i] += sign * RollupFigure.All[i].Of(entry);
        }
    }

    /// <summary>The same sums, in the parts that a level distinguishes.</summary>
    private static SortedDictionary<RollupKey, long[]> Of(RollupLevel level, SortedDictionary<RollupKey, long[]> sums)
    {
        if (level == RollupLevel.Hours)
            return sums;
        var fewer = new Dictionary<RollupKey, long[]>();
        foreach (var (line, sum) in sums)
        {
            var key = level.Of(line);
            if (!fewer.TryGetValue(key, out var all))
                fewer[key] = all = new long[sum.Length];
            for (var i = 0; i < sum.Length; i++)
                all[i] += sum[i];
        }

        return new(fewer);
    }

    /// <summary>The lines among them whose hours have been gathered.</summary>
    private static SortedDictionary<RollupKey, long[]> Before(long until, SortedDictionary<RollupKey, long[]> sums) =>
        sums.Keys.First().Hour >= until ? [] : new(sums.Where(line => line.Key.Hour < until).ToDictionary());

    private static void Write(SqliteConnection connection, SqliteTransaction? transaction, SortedDictionary<RollupKey, long[]> sums)
    {
        if (sums.Count == 0)
            return;
        var until = RollupGatherer.ReadUntil(connection, transaction);
        foreach (var (level, sql, _) in s_written)
            Write(connection, transaction, sql, Of(level, sums));
        foreach (var (rollups, statements) in s_gathered)
        {
            var late = Before(until.Of(rollups), sums);
            if (late.Count == 0)
                continue;
            foreach (var (level, sql, _) in statements)
                Write(connection, transaction, sql, Of(level, late));
        }
    }

    private static void Write(
        SqliteConnection connection, SqliteTransaction? transaction, string sql, SortedDictionary<RollupKey, long[]> sums)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Transaction = transaction;
        foreach (var column in s_columns)
            command.Parameters.Add(new SqliteParameter { ParameterName = $"@{column}" });
        foreach (var (key, sum) in sums)
        {
            for (var i = 0; i < RollupKey.Columns.Length; i++)
                command.Parameters[i].Value = key.Value(i);
            for (var i = 0; i < sum.Length; i++)
                command.Parameters[RollupKey.Columns.Length + i].Value = sum[i];
            command.ExecuteNonQuery();
        }
    }

    private static async Task WriteAsync(
        NpgsqlConnection connection,
        DbTransaction? transaction,
        SortedDictionary<RollupKey, long[]> sums,
        CancellationToken cancellationToken)
    {
        if (sums.Count == 0)
            return;
        // No process gathers before this transaction has ended.
        var until = await RollupGatherer.ReadUntilAsync(connection, transaction, "for share", cancellationToken).ConfigureAwait(false);
        // Table after table: gateways that write at once lock the lines of all of them in the same order.
        foreach (var (level, _, sql) in s_written)
            await WriteAsync(connection, transaction, sql, Of(level, sums), cancellationToken).ConfigureAwait(false);
        foreach (var (rollups, statements) in s_gathered)
        {
            var late = Before(until.Of(rollups), sums);
            if (late.Count == 0)
                continue;
            foreach (var (level, _, sql) in statements)
                await WriteAsync(connection, transaction, sql, Of(level, late), cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task WriteAsync(
        NpgsqlConnection connection,
        DbTransaction? transaction,
        string sql,
        SortedDictionary<RollupKey, long[]> sums,
        CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection, (NpgsqlTransaction?)transaction);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.Add(Array("hour", NpgsqlDbType.Bigint, sums.Keys.Select(key => key.Hour).ToArray()));
            for (var i = 1; i < RollupKey.Columns.Length; i++)
            {
                var column = i;
                command.Parameters.Add(
                    Array(RollupKey.Columns[i], NpgsqlDbType.Text, sums.Keys.Select(key => (string)key.Value(column)).ToArray()));
            }

            for (var i = 0; i < RollupFigure.All.Length; i++)
            {
                var column = i;
                command.Parameters.Add(
                    Array(RollupFigure.All[i].Name, NpgsqlDbType.Bigint, sums.Values.Select(sum => sum[column]).ToArray()));
            }

            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }

        static NpgsqlParameter Array<T>(string name, NpgsqlDbType type, T[] values) =>
            new NpgsqlParameter<T[]>(name, NpgsqlDbType.Array | type) { TypedValue = values };
    }

    private static string Upsert(string table, string source) =>
        $"""
        insert into {table} ({string.Join(", ", s_columns)})
        {source}
        on conflict ({string.Join(", ", RollupKey.Columns)}) do update set
        {string.Join(", ", RollupFigure.All.Select(measure => $"{measure.Name} = {table}.{measure.Name} + excluded.{measure.Name}"))}
        """;

    private static Statements[] StatementsOf(RollupLevel[] levels) =>
    [
        .. levels.Select(level => new Statements(
            level, Upsert(level.Table, $"values ({Parameters})"), Upsert(level.Table, $"select * from unnest({Parameters})"))),
    ];

    /// <summary>The statements that write a level.</summary>
    private sealed record Statements(RollupLevel Level, string Sqlite, string Postgres);
}
