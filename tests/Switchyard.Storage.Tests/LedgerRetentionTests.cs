using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Money;
using Switchyard.Storage.Ledger;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>Old entries are deleted; their sums, and entries that are not settled, are kept.</summary>
public sealed class LedgerRetentionTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Entries_past_their_time_are_deleted_and_sums_and_unknown_calls_are_not(string database)
    {
        await using var ledger = await TestLedger.OpenAsync(database);
        var now = SomeEntry.Noon.AddDays(90);
        var old = Enumerable.Range(0, LedgerRetention.Batch - 1).Select(_ => SomeEntry.Finished(SomeEntry.Noon.AddMinutes(-1)));
        await ledger.AddAsync([.. old]);
        await ledger.AddAsync(
            SomeEntry.Finished(SomeEntry.Noon.AddDays(-3)) with { Outcome = LedgerOutcome.Unknown },
            SomeEntry.Finished(SomeEntry.Noon.AddMinutes(1)));
        using var retention = new LedgerRetention(
            ledger.Address, TimeSpan.FromDays(90), new FixedTime(now), NullLogger.Instance);

        Assert.Equal(LedgerRetention.Batch - 1, await retention.DeleteAsync(Stop));

        Assert.Equal(["0", "1"], Texts(await ledger.RowsAsync("select outcome from entries order by outcome")));
        Assert.Equal(
            [(LedgerRetention.Batch + 1).ToString(CultureInfo.InvariantCulture)],
            Texts(await ledger.RowsAsync("select cast(sum(lines) as bigint) from rollups")));
        Assert.Equal(0, await retention.DeleteAsync(Stop));
    }

    private static IEnumerable<string> Texts(List<object[]> rows) =>
        rows.Select(row => Convert.ToString(row[0], CultureInfo.InvariantCulture)!);

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
