using System.Globalization;
using Switchyard.Canonical;
using Switchyard.Money;
using Switchyard.Storage.Ledger;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>A correction changes an entry, the sums that include it, and the spending of its budgets; the old values are kept.</summary>
[Covers("B17")]
public sealed class LedgerCorrectionTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Both_figures_stay_and_everything_that_adds_up_follows(string database)
    {
        await using var ledger = await TestLedger.OpenAsync(database);
        var entry = SomeEntry.Finished() with { Budgets = ["total|2026-11-28", "tenant=acme|2026-11"] };
        await ledger.AddAsync(entry, SomeEntry.Finished());
        await ledger.ExecuteAsync("insert into budget_accounts (account, updated, spent) values ('total|2026-11-28', 0, 900000)");
        var after = entry with { Cost = new TokenCost { Input = 100_000, Output = 200_000 }, PriceVersion = "configuration 2026-11-28" };

        var corrections = new LedgerCorrections(ledger.Address, TimeProvider.System);
        Assert.Equal(1, await corrections.CorrectAsync([new(entry, after)], "reprice", Stop));

        Assert.Equal(["750000"], Texts(await ledger.RowsAsync("select cast(sum(cost) as bigint) from entries")));
        Assert.Equal(["750000 300000"], Texts(await ledger.RowsAsync("select cost, input_cost + 50000 from rollups")));
        Assert.Equal(["750000"], Texts(await ledger.RowsAsync("select spent from budget_accounts")));
        Assert.Equal(
            ["reprice 450000 150000 catalogue 2026-11-01"],
            Texts(await ledger.RowsAsync("select reason, cost, input_cost, price_version from corrections")));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task What_was_corrected_elsewhere_by_now_is_left_alone(string database)
    {
        await using var ledger = await TestLedger.OpenAsync(database);
        var entry = SomeEntry.Finished() with
        {
            Outcome = LedgerOutcome.Unknown, Cost = default, Usage = default, Unpriced = Unpriced.NoUsage,
        };
        await ledger.AddAsync(entry);
        var corrections = new LedgerCorrections(ledger.Address, TimeProvider.System);
        var resolved = SomeEntry.Finished() with { Call = entry.Call, Outcome = LedgerOutcome.Resolved };

        Assert.Equal(1, await corrections.CorrectAsync([new(entry, resolved)], "resolve", Stop));
        Assert.Equal(0, await corrections.CorrectAsync([new(entry, resolved)], "resolve", Stop));

        Assert.Equal(["5 450000 1000 0"], Texts(await ledger.RowsAsync("select outcome, cost, input_tokens, unpriced from entries")));
        Assert.Equal(["0 1 450000 0"], Texts(await ledger.RowsAsync("select unknown, resolved, cost, no_usage from rollups")));
        Assert.Equal(["1"], Texts(await ledger.RowsAsync("select count(*) from corrections")));
    }

    [Fact]
    public async Task An_unknown_call_that_is_decided_holds_nothing_of_a_shared_budget_any_more()
    {
        await using var ledger = await TestLedger.OpenAsync("postgres");
        var entry = SomeEntry.Finished() with
        {
            Outcome = LedgerOutcome.Unknown, Cost = default, Usage = default, WorstCase = 700, Budgets = ["total|2026-11-28"],
        };
        await ledger.AddAsync(entry);
        await ledger.ExecuteAsync(
            "insert into budget_leases (account, node, amount, expires) "
                + "values ('total|2026-11-28', '00000000-0000-0000-0000-000000000000', 1000, now())");

        await new LedgerCorrections(ledger.Address, TimeProvider.System).CorrectAsync(
            [new(entry, entry with { Outcome = LedgerOutcome.Resolved })], "resolve", Stop);

        Assert.Equal(["300"], Texts(await ledger.RowsAsync("select amount from budget_leases")));
    }

    [Fact]
    public async Task Without_a_ledger_there_is_nothing_to_correct() => Assert.Equal(
        LedgerFailure.None,
        (await Assert.ThrowsAsync<LedgerException>(() =>
            new LedgerCorrections(null, TimeProvider.System).CorrectAsync([], "reprice", Stop))).Reason);

    private static IEnumerable<string> Texts(List<object[]> rows) =>
        rows.Select(row => string.Join(' ', row.Select(cell => Convert.ToString(cell, CultureInfo.InvariantCulture))));
}
