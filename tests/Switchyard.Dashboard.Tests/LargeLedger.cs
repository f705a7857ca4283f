using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Ledger;
using Switchyard.Storage.Migrations;
using Xunit;

namespace Switchyard.Dashboard.Tests;

/// <summary>
/// A ledger with many entries of many keys over the last 30 days, written by the database itself, in the shape of the version before the
/// coarse roll-ups, and then migrated and rolled up. One key in a hundred makes half of the calls.
/// </summary>
/// <param name="rows">The entries.</param>
/// <param name="keys">The keys, each with a limit; they are in the store as well. There is a tenant for a hundred of them.</param>
internal sealed class LargeLedger(long rows, int keys)
{
    /// <summary>The first migration that is not applied before the entries are written.</summary>
    private const string FirstCoarse = "0005";

    private static readonly DateTimeOffset s_now = TimeProvider.System.GetUtcNow();

    private static readonly string s_measures = string.Join(", ", RollupFigure.All.Select(figure => figure.Name));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private int Tenants => Math.Max(1, keys / 100);

    /// <summary>How long the migration took.</summary>
    public TimeSpan Migrated { get; private set; }

    /// <summary>How long it took to roll the hours up into days and months.</summary>
    public TimeSpan Gathered { get; private set; }

    /// <summary>Writes it.</summary>
    /// <param name="address">The value of <c>storage.ledger</c>: a file that does not exist yet, or an empty database.</param>
    public async Task WriteAsync(string address)
    {
        var ledger = LedgerAddress.Parse(address);
        await using DbConnection connection = ledger.Postgres is { } postgres
            ? new NpgsqlConnection(postgres)
            : new SqliteConnection(LedgerAddress.ConnectionString(ledger.File!));
        await connection.OpenAsync(Stop);
        if (connection is SqliteConnection)
            await RunAsync(connection, "pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -400000");
        await RunAsync(connection, "create table migrations (name text primary key)");
        foreach (var step in Migration.Of(connection is SqliteConnection ? "Sqlite" : "Postgres")
            .Where(step => IsBefore(step) || step.Name.EndsWith("_keys", StringComparison.Ordinal)))
        {
            foreach (var statement in step.RunsAlone ? step.Sql.Split(';', StringSplitOptions.TrimEntries) : [step.Sql])
                await RunAsync(connection, statement);
            await RunAsync(connection, $"insert into migrations (name) values ('{step.Name}')");
        }

        await RunAsync(connection, Entries(connection is NpgsqlConnection));
        await RunAsync(connection, Rollups());
        await RunAsync(connection, Identities(connection is NpgsqlConnection));
        if (connection is SqliteConnection)
            await RunAsync(connection, "pragma journal_mode = wal");
        var clock = Stopwatch.StartNew();
        await Migrator.ApplyAsync(connection, Stop);
        Migrated = clock.Elapsed;
        clock.Restart();
        using var gatherer = new RollupGatherer(address, TimeProvider.System, NullLogger.Instance);
        await gatherer.GatherAsync(TimeSpan.Zero, Stop);
        Gathered = clock.Elapsed;
        // The database does this itself within minutes.
        if (connection is NpgsqlConnection)
            await RunAsync(connection, "vacuum analyze");
    }

    private static bool IsBefore(Migration step) => string.CompareOrdinal(step.Name, FirstCoarse) < 0;

    private string Entries(bool inPostgres)
    {
        var (call, id, node, no) = inPostgres
            ? ("lpad(to_hex(i), 32, '0')::uuid", "'request-' || lpad(i::text, 9, '0')", "lpad('', 32, '0')::uuid", "false")
            : ("cast(printf('%016d', i) as blob)", "printf('request-%09d', i)", "zeroblob(16)", "0");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            insert into entries (call, attempt, request_id, node, started, duration, outcome, key, tenant, end_user, session, tag, alias,
              provider, model, operation, input_tokens, output_tokens, cache_read_tokens, reasoning_tokens, is_estimate, input_cost,
              output_cost, cache_read_cost, cache_write_cost, reasoning_cost, input_audio_cost, output_audio_cost, request_cost, cost,
              unpriced, worst_case)
            with recursive {Numbers(rows, inPostgres)},
              drawn(i, a) as (select i, ((i * 2654435761) & 4294967295) >> 7 from numbers),
              mixed(i, a, b) as (select i, a, ((a * 2246822519 + i * 3266489917) & 4294967295) >> 7 from drawn),
              named(i, a, b, k, m) as (select i, a, b, case when a % 2 = 0 then b % {Tenants} else b % {keys} end, a % 19 from mixed)
            select {call}, 0, {id}, {node},
              {s_now.AddDays(-30).ToUnixTimeMilliseconds()} + i * {(long)TimeSpan.FromDays(30).TotalMilliseconds} / {rows}, 200 + a % 3000,
              case when b % 50 = 0 then 2 when b % 97 = 0 then 3 else 1 end, 'key-' || k, 'tenant-' || (k % {Tenants}),
              case when a % 4 = 0 then 'user-' || b end, case when a % 3 = 0 then 'session-' || (i / 6) end,
              case when a % 8 = 0 then 'tag-' || (b % 50) end,
              case when i % {Math.Max(1, rows / 10)} = 7 then 'rare' else 'alias-' || m end, 'provider-' || (m % 6), 'model-' || m, 'chat',
              300 + a % 4000, b % 900, a % 300, 0, {no}, (300 + a % 4000) * 150, (b % 900) * 600, 0, 0, 0, 0, 0, 0,
              (300 + a % 4000) * 150 + (b % 900) * 600, 0, 0
            from named
            """);
    }

    // Chronological, the order in which a gateway writes them.
    private static string Rollups() =>
        $"""
        insert into rollups (hour, key, tenant, provider, model, alias, {s_measures})
        select started - started % {RollupKey.HourLength}, key, tenant, provider, model, alias,
        {string.Join(", ", RollupFigure.All.Select(figure => $"sum({figure.Sql})"))} from entries group by 1, 2, 3, 4, 5, 6
        order by 1
        """;

    private string Identities(bool inPostgres)
    {
        var hash = inPostgres ? "lpad(to_hex(i + 1), 64, '0')" : "printf('%064x', i + 1)";
        return string.Create(
            CultureInfo.InvariantCulture,
            $$$"""
            insert into identities (kind, name, revision, document)
            with recursive {{{Numbers(keys, inPostgres)}}}
            select 'key', 'key-' || i, i + 1, '{"name":"key-' || i || '","created":"2026-01-01T00:00:00Z","hash":"' || {{{hash}}}
              || '","prefix":"sy-0000","settings":{"tenant":"tenant-' || (i % {{{Tenants}}}) || '","limits":{"rpm":100} } }' from numbers
            union all
            select 'tenant', 'tenant-' || i, {{{keys}}} + i + 1, '{"name":"tenant-' || i || '","created":"2026-01-01T00:00:00Z","settings":{}}'
            from numbers where i < {{{Tenants}}};
            update identity_revision set value = {{{2L * keys}}};
            """);
    }

    private static string Numbers(long count, bool inPostgres) => inPostgres
        ? string.Create(CultureInfo.InvariantCulture, $"numbers(i) as (select generate_series(0::bigint, {count - 1}))")
        : string.Create(
            CultureInfo.InvariantCulture, $"numbers(i) as (select 0 union all select i + 1 from numbers where i + 1 < {count})");

    private static async Task RunAsync(DbConnection connection, string sql)
    {
        if (sql.Length == 0)
            return;
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(Stop);
    }
}
