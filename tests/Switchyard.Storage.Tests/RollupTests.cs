using System.Globalization;
using Npgsql;
using Switchyard.Money;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Ledger;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>The hourly roll-ups equal the sums of the entries.</summary>
public sealed class RollupTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Rollups_are_the_sums_of_the_entries_for_every_figure(string database)
    {
        await using var ledger = await TestLedger.OpenAsync(database);
        foreach (var batch in SomeEntry.Many(600).Chunk(97))
            await ledger.AddAsync(batch);

        var sums = string.Join(", ", RollupFigure.All.Select(measure => $"cast(sum({measure.Sql}) as bigint)"));
        var counted = await ledger.RowsAsync(
            $"""
            select started - started % 3600000, coalesce(key, ''), coalesce(tenant, ''), provider, model,
            case when provider = '' then '' else alias end, {sums} from entries group by 1, 2, 3, 4, 5, 6
            """);
        var rolled = await ledger.RowsAsync(
            $"select {string.Join(", ", RollupKey.Columns.Concat(RollupFigure.All.Select(measure => measure.Name)))} from rollups");

        Assert.Equal(Lines(counted), Lines(rolled));
        Assert.True(rolled.Count > 100);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task What_replaces_entries_moves_the_difference(string database)
    {
        await using var ledger = await TestLedger.OpenAsync(database);
        var unknown = SomeEntry.Finished() with { Outcome = LedgerOutcome.Unknown, Cost = default, Usage = default };
        await ledger.AddAsync(unknown, SomeEntry.Finished());

        await Rollups.ReplaceAsync(
            ledger.Connection, null, [unknown], [SomeEntry.Finished() with { Outcome = LedgerOutcome.Resolved }], Stop);

        Assert.Equal(
            [[2L, 1L, 0L, 1L, 900_000L]],
            await ledger.RowsAsync("select lines, finished, unknown, resolved, cost from rollups"));
    }

    [Fact]
    public async Task Gateways_that_add_to_the_same_hours_at_once_do_not_lock_each_other_out()
    {
        await using var ledger = await TestLedger.OpenAsync("postgres");
        var entries = SomeEntry.Many(300);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(async gateway =>
        {
            await using var connection = new NpgsqlConnection(LedgerAddress.Parse(ledger.Address).Postgres);
            await connection.OpenAsync(Stop);
            for (var round = 0; round < 5; round++)
            {
                var order = entries.OrderBy(entry => HashCode.Combine(entry.Call, gateway, round)).ToList();
                await using var transaction = await connection.BeginTransactionAsync(Stop);
                await Rollups.AddAsync(connection, transaction, order, Stop);
                await transaction.CommitAsync(Stop);
            }
        }));

        Assert.Equal([[6000L]], await ledger.RowsAsync("select cast(sum(lines) as bigint) from rollups"));
    }

    private static List<string> Lines(List<object[]> rows) =>
        [.. rows.Select(row => string.Join(' ', row.Select(cell => Convert.ToString(cell, CultureInfo.InvariantCulture)))).Order()];
}
