using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Switchyard.Money;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Ledger;
using Switchyard.Storage.Migrations;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>Roll-ups by model and by key match those by hour, for any division of a period.</summary>
public sealed class CoarseRollupTests
{
    private static readonly DateTimeOffset s_noon = SomeEntry.Noon;

    private static readonly string s_sums = string.Join(", ", RollupFigure.All.Select(measure => $"cast(sum({measure.Name}) as bigint)"));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Every_level_sums_up_to_the_same_whether_entries_come_before_or_after_their_hour_is_gathered(string database)
    {
        await using var ledger = await TestLedger.OpenAsync(database);
        var batches = OverMonths().Chunk(97).ToList();
        foreach (var batch in batches.Take(4))
            await ledger.AddAsync(batch);
        var gathered = await GatherAsync(ledger, s_noon.AddYears(1));
        foreach (var batch in batches.Skip(4))
            await ledger.AddAsync(batch);

        var levels = new List<string>();
        foreach (var level in (RollupLevel[])[.. RollupLevel.Written, .. GatheredRollups.All.SelectMany(rollups => rollups.Levels)])
            levels.Add(string.Join(' ', Assert.Single(await ledger.RowsAsync($"select {s_sums} from {level.Table}"))));

        Assert.Single(levels.Distinct());
        Assert.True(gathered > 100);
        Assert.Equal(0, await GatherAsync(ledger, s_noon.AddYears(1)));
        Assert.Equal(
            [[0L]], await ledger.RowsAsync("select count(*) from rollups_of_models where key <> '' or tenant <> ''"));
        Assert.Equal([[3L, 68L]], await ledger.RowsAsync(
            "select (select count(distinct hour) from rollups_of_months), (select count(distinct hour) from rollups_of_days)"));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task What_is_corrected_is_corrected_in_its_day_and_month_too(string database)
    {
        await using var ledger = await TestLedger.OpenAsync(database);
        var before = SomeEntry.Finished();
        await ledger.AddAsync(before);
        await GatherAsync(ledger, s_noon.AddDays(1));

        await Rollups.ReplaceAsync(
            ledger.Connection, null, [before], [before with { Cost = new() { Request = 5 }, Outcome = LedgerOutcome.Resolved }], Stop);

        foreach (var level in GatheredRollups.All.SelectMany(rollups => rollups.Levels))
            Assert.Equal([[0L, 1L, 5L]], await ledger.RowsAsync($"select finished, resolved, cost from {level.Table}"));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Keys_and_tenants_add_up_however_their_period_is_cut_and_whatever_is_gathered(string database)
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
            (s_noon.AddHours(-12), s_noon.AddHours(12)), (s_noon.AddHours(-12), null), (s_noon.AddDays(-40), s_noon.AddHours(-11)),
        ];

        foreach (var gathered in (TimeSpan?[])[null, TimeSpan.FromDays(-20), TimeSpan.Zero, TimeSpan.FromHours(0.5), TimeSpan.FromDays(90)])
        {
            if (gathered is { } until)
                await GatherAsync(ledger, s_noon + until);
            foreach (var (since, before) in periods)
            {
                foreach (var by in (UsageGrouping[])[UsageGrouping.Key, UsageGrouping.Tenant])
                    await CompareAsync(by, since, before);
            }
        }

        async Task CompareAsync(UsageGrouping by, DateTimeOffset? since, DateTimeOffset? until)
        {
            var query = new UsageQuery { Filter = new() { Since = since, Until = until }, By = [by] };
            var summary = await reader.SummarizeAsync(query, Stop);
            var meant = entries
                .Where(entry => (since is null || entry.StartedAt >= since) && (until is null || entry.StartedAt < until))
                .ToLookup(entry => (by == UsageGrouping.Key ? entry.Key : entry.Tenant) ?? "");
            Assert.Equal(
                meant.Select(group => $"{group.Key} {group.Count()} {group.Sum(entry => entry.Cost.Total)}").Order(),
                summary.Groups.Select(group => $"{group.Name} {group.Figures.Lines} {group.Figures.Cost.Total}").Order());
            Assert.Equal(summary.Groups.OrderByDescending(group => group.Figures.Cost.Total), summary.Groups);
            Assert.Equal(meant.Sum(group => group.Count()), summary.Total.Lines);

            // The same in pages, and with all columns at once.
            var first = await reader.SummarizeAsync(query with { Limit = 1 }, Stop);
            var whole = await reader.SummarizeAsync(query with { Limit = 5000 }, Stop);
            Assert.Equal(summary.Total, first.Total);
            Assert.Equal(summary.Total, whole.Total);
            Assert.Equal(summary.Groups.Take(1).Select(group => group.Figures), first.Groups.Select(group => group.Figures));
            Assert.Equal(summary.Groups.Select(group => group.Figures), whole.Groups.Select(group => group.Figures));
        }
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Groups_come_dearest_first_and_by_name_where_they_cost_the_same_page_by_page(string database)
    {
        string?[] tenants = ["b", "a", null, "größe/漢字", new string('x', 256), new string('ß', 200), "😀", "dear"];
        await using var ledger = await TestLedger.OpenAsync(database);
        await ledger.AddAsync([.. tenants.Select((tenant, i) => SomeEntry.Finished(s_noon.AddDays(-i)) with
        {
            Tenant = tenant,
            Cost = new() { Request = tenant == "dear" ? 8 : 7 },
        })]);
        await GatherAsync(ledger, s_noon.AddDays(-2));
        await using var connections = new ReadingConnections(ledger.Address, TimeSpan.FromSeconds(30), TimeProvider.System);
        var reader = new UsageReader(connections, TimeProvider.System);

        var names = new List<string>();
        for (var page = 0; page < 4; page++)
        {
            var query = new UsageQuery
            {
                Filter = new() { Since = s_noon.AddDays(-30) },
                By = [UsageGrouping.Tenant],
                Limit = 2,
                Skip = page * 2,
            };
            var summary = await reader.SummarizeAsync(query, Stop);
            Assert.Equal((2, page < 3), (summary.Groups.Count, summary.HasMore));
            names.AddRange(summary.Groups.Select(group => group.Name));
        }

        Assert.Equal(
            ["dear", "", "a", "b", "größe/漢字", new string('x', 256), new string('ß', 200), "😀"], names);
    }

    [Fact]
    public async Task Gateways_that_gather_and_write_at_once_lose_nothing()
    {
        await using var ledger = await TestLedger.OpenAsync("postgres");
        var entries = OverMonths();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(async gateway =>
        {
            await using var connection = new NpgsqlConnection(LedgerAddress.Parse(ledger.Address).Postgres);
            await connection.OpenAsync(Stop);
            foreach (var batch in entries.Chunk(97))
            {
                await using var transaction = await connection.BeginTransactionAsync(Stop);
                await Rollups.AddAsync(connection, transaction, batch, Stop);
                await transaction.CommitAsync(Stop);
                if (gateway < 2)
                    await GatherAsync(ledger, s_noon.AddYears(1));
            }
        }));

        await GatherAsync(ledger, s_noon.AddYears(1));
        foreach (var level in (RollupLevel[])[.. RollupLevel.Written, .. GatheredRollups.All.SelectMany(rollups => rollups.Levels)])
            Assert.Equal([[4L * entries.Length]], await ledger.RowsAsync($"select cast(sum(lines) as bigint) from {level.Table}"));
    }

    [Fact]
    public async Task A_ledger_of_the_version_before_gets_them_from_what_its_hours_hold()
    {
        await using var ledger = await TestLedger.OpenAsync("sqlite");
        await ledger.AddAsync(OverMonths());
        await GatherAsync(ledger, s_noon.AddYears(1));
        var before = await LinesAsync();
        await ledger.ExecuteAsync(
            "drop table rollups_of_models; drop table rollups_of_keys; drop table rollups_of_days; drop table rollups_of_months; "
                + "drop table rollups_of_tenant_days; drop table rollups_of_tenant_months; drop table rollups_gathered; "
                + "delete from migrations where name in ('0005_coarse_rollups', '0007_gathered_rollups', '0008_tenant_rollups')");

        await Migrator.ApplyAsync(ledger.Connection, Stop);
        await GatherAsync(ledger, s_noon.AddYears(1));

        Assert.Equal(before, await LinesAsync());

        async Task<string> LinesAsync()
        {
            var found = new List<string>();
            foreach (var level in (RollupLevel[])[RollupLevel.OfModels, .. GatheredRollups.All.SelectMany(rollups => rollups.Levels)])
            {
                found.AddRange((await ledger.RowsAsync($"select * from {level.Table} order by 1, 2, 3, 4, 5, 6"))
                    .Select(row => string.Join(' ', row.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture)))));
            }

            return string.Join('\n', found);
        }
    }

    [Fact]
    public void A_question_is_answered_from_the_fewest_lines_that_know_it()
    {
        Assert.Equal(RollupLevel.OfModels, RollupLevel.For(new(), []));
        Assert.Equal(RollupLevel.OfModels, RollupLevel.For(new() { Alias = "fast" }, [UsageGrouping.Day, UsageGrouping.Provider]));
        Assert.Equal(GatheredRollups.OfKeys, GatheredRollups.For(new(), [UsageGrouping.Key]));
        Assert.Equal(GatheredRollups.OfKeys, GatheredRollups.For(new() { Tenant = "acme" }, [UsageGrouping.Key]));
        Assert.Equal(GatheredRollups.OfTenants, GatheredRollups.For(new() { Tenant = "acme" }, []));
        Assert.Equal(GatheredRollups.OfTenants, GatheredRollups.For(new(), [UsageGrouping.Tenant]));
        Assert.Null(GatheredRollups.For(new(), []));
        Assert.Equal(RollupLevel.Hours, RollupLevel.For(new() { Key = "ci" }, [UsageGrouping.Alias]));
        Assert.Null(GatheredRollups.For(new() { Key = "ci" }, [UsageGrouping.Alias]));
        Assert.Null(GatheredRollups.For(new(), [UsageGrouping.Key, UsageGrouping.Day]));
        Assert.Null(GatheredRollups.For(new(), [UsageGrouping.Tenant, UsageGrouping.Hour]));
    }

    /// <summary>Lines of October, November and December.</summary>
    private static LedgerEntry[] OverMonths() =>
        [.. SomeEntry.Many(700).Select((entry, i) => entry with { StartedAt = entry.StartedAt.AddDays((i % 66) - 33) })];

    private static async Task<int> GatherAsync(TestLedger ledger, DateTimeOffset now)
    {
        using var gatherer = new RollupGatherer(ledger.Address, new TestClock(now), NullLogger.Instance);
        return await gatherer.GatherAsync(TimeSpan.Zero, Stop);
    }
}
