using System.Globalization;
using Microsoft.Data.Sqlite;
using Switchyard.Money;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Ledger;
using Switchyard.Storage.Migrations;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>Roll-ups of models and of keys say what those of hours say, however a period is cut.</summary>
public sealed class CoarseRollupTests
{
    private static readonly DateTimeOffset s_noon = SomeEntry.Noon;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Every_level_sums_up_to_the_same(string database)
    {
        await using var ledger = await TestLedger.OpenAsync(database);
        foreach (var batch in OverMonths().Chunk(97))
            await ledger.AddAsync(batch);

        var sums = string.Join(", ", Measure.All.Select(measure => $"cast(sum({measure.Name}) as bigint)"));
        var levels = new List<string>();
        foreach (var level in RollupLevel.All)
            levels.Add(string.Join(' ', Assert.Single(await ledger.RowsAsync($"select {sums} from {level.Table}"))));

        Assert.Single(levels.Distinct());
        Assert.Equal(
            [[0L]], await ledger.RowsAsync("select count(*) from rollups_of_models where key <> '' or tenant <> ''"));
        Assert.Equal([[3L]], await ledger.RowsAsync("select count(distinct hour) from rollups_of_keys"));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Keys_and_tenants_add_up_however_their_period_is_cut(string database)
    {
        await using var ledger = await TestLedger.OpenAsync(database);
        var entries = OverMonths();
        await ledger.AddAsync(entries);
        await using var connections = new ReadingConnections(ledger.Address, TimeSpan.FromSeconds(30), TimeProvider.System);
        var reader = new UsageReader(connections, TimeProvider.System);
        (DateTimeOffset? Since, DateTimeOffset? Until)[] periods =
        [
            (null, null), (s_noon.AddDays(-35), null), (s_noon.AddDays(-35), s_noon), (s_noon.AddDays(-3), s_noon.AddDays(3)),
            (s_noon.AddDays(-27).AddHours(-12).AddMinutes(-10), s_noon.AddDays(2).AddHours(11).AddMinutes(50)),
            (s_noon.AddMinutes(1), s_noon.AddMinutes(2)), (s_noon.AddDays(-2), s_noon.AddDays(-1)), (DateTimeOffset.MaxValue, null),
        ];

        foreach (var (since, until) in periods)
        {
            foreach (var by in (UsageGrouping[])[UsageGrouping.Key, UsageGrouping.Tenant])
            {
                var summary = await reader.SummarizeAsync(new() { Filter = new() { Since = since, Until = until }, By = [by] }, Stop);
                var meant = entries
                    .Where(entry => (since is null || entry.StartedAt >= since) && (until is null || entry.StartedAt < until))
                    .ToLookup(entry => (by == UsageGrouping.Key ? entry.Key : entry.Tenant) ?? "");
                Assert.Equal(
                    meant.Select(group => $"{group.Key} {group.Count()} {group.Sum(entry => entry.Cost.Total)}").Order(),
                    summary.Groups.Select(group => $"{group.Name} {group.Figures.Lines} {group.Figures.Cost.Total}").Order());
                Assert.Equal(meant.Sum(group => group.Count()), summary.Total.Lines);
            }
        }
    }

    [Fact]
    public async Task A_ledger_of_the_version_before_gets_them_from_what_its_hours_hold()
    {
        await using var connection = new SqliteConnection("Data Source=:memory:");
        await connection.OpenAsync(Stop);
        await Migrator.ApplyAsync(connection, Stop);
        Rollups.Add(connection, null, OverMonths());
        var before = await SumAsync(connection);
        foreach (var level in RollupLevel.All.Skip(1))
            await ExecuteAsync(connection, $"drop table {level.Table}");
        await ExecuteAsync(connection, "delete from migrations where name = '0005_coarse_rollups'");

        await Migrator.ApplyAsync(connection, Stop);

        Assert.Equal(before, await SumAsync(connection));
    }

    [Fact]
    public void A_question_is_answered_from_the_fewest_lines_that_know_it()
    {
        Assert.Equal(RollupLevel.OfModels, RollupLevel.For(new(), []));
        Assert.Equal(RollupLevel.OfModels, RollupLevel.For(new() { Alias = "fast" }, [UsageGrouping.Day, UsageGrouping.Provider]));
        Assert.Equal(RollupLevel.OfKeys, RollupLevel.For(new(), [UsageGrouping.Key]));
        Assert.Equal(RollupLevel.OfKeys, RollupLevel.For(new() { Tenant = "acme" }, []));
        Assert.Equal(RollupLevel.Hours, RollupLevel.For(new() { Key = "ci" }, [UsageGrouping.Alias]));
        Assert.Equal(RollupLevel.Hours, RollupLevel.For(new(), [UsageGrouping.Key, UsageGrouping.Day]));
    }

    /// <summary>Lines of October, November and December.</summary>
    private static LedgerEntry[] OverMonths() =>
        [.. SomeEntry.Many(700).Select((entry, i) => entry with { StartedAt = entry.StartedAt.AddDays((i % 66) - 33) })];

    private static async Task<string> SumAsync(SqliteConnection connection)
    {
        var found = new List<string>();
        foreach (var level in RollupLevel.All)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = $"select * from {level.Table} order by 1, 2, 3, 4, 5, 6";
            await using var reader = await command.ExecuteReaderAsync(Stop);
            while (await reader.ReadAsync(Stop))
            {
                found.Add(string.Join(
                    ' ', Enumerable.Range(0, reader.FieldCount).Select(i => Convert.ToString(reader[i], CultureInfo.InvariantCulture))));
            }
        }

        return string.Join('\n', found);
    }

    private static async Task ExecuteAsync(SqliteConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Stop);
    }
}
