using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Ledger;
using Switchyard.Storage.Migrations;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>
/// A large ledger in PostgreSQL migrates while gateways of the previous version keep writing. The short form proves that nothing blocks;
/// <c>SWITCHYARD_LEDGER_ROWS=3000000</c> makes it the long one, whose figures are in bench/README.md.
/// </summary>
public sealed class MigrationUnderLoadTests(ITestOutputHelper output)
{
    private const string IndexOfKeys = """
        -- outside a transaction
        create index concurrently entries_by_key on entries (key, started);
        """;

    private static readonly long s_rows =
        long.Parse(Environment.GetEnvironmentVariable("SWITCHYARD_LEDGER_ROWS") ?? "50000", CultureInfo.InvariantCulture);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_large_ledger_migrates_while_the_version_before_goes_on_writing()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        var address = LedgerAddress.Parse(await (await PostgresServer.SharedAsync()).NewDatabaseAsync()).Postgres!;
        await using var connection = new NpgsqlConnection(address);
        await connection.OpenAsync(Stop);
        var before = Migration.Of("Postgres")[0];
        await ExecuteAsync(connection, $"{before.Sql}; create table migrations (name text primary key)");
        await ExecuteAsync(connection, $"insert into migrations (name) values ('{before.Name}')");
        await ExecuteAsync(connection, Fill(s_rows));
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var clock = Stopwatch.StartNew();
        var writers = Enumerable.Range(0, 2).Select(_ => WriteAsync(address, clock, ends.Token)).ToList();

        var steps = await Migrator.ApplyAsync(connection, Stop);
        // A possible next version: a new column, and an index over all entries.
        await Migrator.ApplyAsync(connection, new("9998_region", "alter table entries add column region text"), Stop);
        await Migrator.ApplyAsync(connection, new("9999_index_keys", IndexOfKeys), Stop);
        var took = clock.Elapsed;
        await ends.CancelAsync();
        var waits = (await Task.WhenAll(writers)).SelectMany(wait => wait).OrderBy(wait => wait.Milliseconds).ToList();

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{s_rows} rows migrated in {took.TotalSeconds:0.0} s; {waits.Count} inserts beside it waited for "
                + $"{waits[waits.Count / 2].Milliseconds:0.0} ms in the median, "
                + $"{waits[waits.Count * 99 / 100].Milliseconds:0.0} ms (99 %), "
                + $"{waits[^1].Milliseconds:0.0} ms at most, {waits[^1].At.TotalSeconds:0.0} s after the start"));
        Assert.Equal(Migration.Of("Postgres").Skip(1), steps);
        Assert.Equal(s_rows + waits.Count, await CountAsync(connection, "select count(*) from entries"));
        Assert.Equal(0, await CountAsync(connection, "select count(*) from pg_index where not indisvalid"));
        // A busy machine may delay a process for longer; the long form is run on an idle one.
        if (s_rows >= 3_000_000)
            Assert.InRange(waits[^1].Milliseconds, 0, 200);
    }

    [Fact]
    public void No_step_of_a_migration_locks_writers_out_of_a_table_that_can_be_large()
    {
        // Building an index without "concurrently" blocks writers until it is finished.
        foreach (var step in Migration.Of("Postgres").Skip(1))
        {
            var words = step.Sql.ToLowerInvariant();
            var builds = words.Contains("index", StringComparison.Ordinal) && words.Contains("on entries", StringComparison.Ordinal);
            Assert.False(builds && !step.RunsAlone, $"{step.Name} builds an index of entries inside a transaction");
            Assert.False(
                words.Contains("alter table entries alter", StringComparison.Ordinal), $"{step.Name} rewrites the table of entries");
        }
    }

    /// <summary>Inserts as a gateway of the first version does, and returns the start and duration of each.</summary>
    private static async Task<List<(TimeSpan At, double Milliseconds)>> WriteAsync(string address, Stopwatch clock, CancellationToken stop)
    {
        var waits = new List<(TimeSpan At, double Milliseconds)>();
        await using var connection = new NpgsqlConnection(address);
        await connection.OpenAsync(Stop);
        // Columns of later versions do not exist yet.
        var columns = EntryTable.Columns.Where(column => column is not ("web_searches" or "file_searches")).ToList();
        await using var insert = new NpgsqlCommand(
            $"insert into entries ({string.Join(", ", columns)}) values ({string.Join(", ", columns.Select(name => $"@{name}"))}) "
                + "on conflict do nothing",
            connection);
        while (!stop.IsCancellationRequested)
        {
            insert.Parameters.Clear();
            foreach (var (name, value) in EntryTable.Columns.Zip(EntryTable.ValuesOf(SomeEntry.Finished(), Guid.Empty)))
            {
                if (columns.Contains(name))
                    insert.Add(name, value ?? DBNull.Value);
            }

            var at = clock.Elapsed;
            await insert.ExecuteNonQueryAsync(Stop);
            waits.Add((at, (clock.Elapsed - at).TotalMilliseconds));
        }

        return waits;
    }

    private static string Fill(long rows) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        insert into entries (call, attempt, request_id, node, started, duration, outcome, key, alias, provider, model, operation,
          input_tokens, output_tokens, is_estimate, input_cost, output_cost, cache_read_cost, cache_write_cost, reasoning_cost,
          input_audio_cost, output_audio_cost, request_cost, cost, unpriced, worst_case)
        select gen_random_uuid(), 0, 'req-' || i, gen_random_uuid(), 1795000000000 + i, 800, 1, 'key-' || i % 50, 'fast', 'openai',
          'gpt-4o-mini', 'chat', 1000, 500, false, 150000, 300000, 0, 0, 0, 0, 0, 0, 450000, 0, 0
        from generate_series(1, {rows}) as i
        """);

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(Stop);
    }

    private static async Task<long> CountAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        return (long)(await command.ExecuteScalarAsync(Stop))!;
    }
}
