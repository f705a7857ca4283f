using System.Globalization;
using Switchyard.Canonical;
using Switchyard.Money;
using Switchyard.Storage.Ledger;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>Summaries and pages match the entries, in both databases.</summary>
public sealed class UsageReaderTests
{
    private static readonly DateTimeOffset s_noon = SomeEntry.Noon;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    [Covers("S003-68")]
    public async Task A_summary_has_the_total_and_the_average_and_each_provider(string database)
    {
        await using var ledger = await TestLedger.OpenAsync(database);
        await using var open = Open(ledger);
        await ledger.AddAsync(
            SomeEntry.Finished(),
            SomeEntry.Finished(s_noon.AddHours(3)),
            SomeEntry.Finished() with { Provider = "anthropic", Cost = new TokenCost { Input = 1_100_000 } });

        var summary = await open.Reader.SummarizeAsync(new() { By = [UsageGrouping.Provider] }, Stop);

        Assert.Equal(
            (0.002m, 3, 3000, 1500, 0.002m / 3),
            (summary.TotalCost, summary.TotalRequests, summary.TotalInputTokens, summary.TotalOutputTokens, summary.AverageCostPerRequest));
        Assert.Equal(
            [("anthropic", 0.0011m, 1L, 1000L, 500L), ("openai", 0.0009m, 2L, 2000L, 1000L)],
            summary.Groups.Select(group => (
                group.Name, group.Figures.Cost.Dollars, group.Figures.Requests, group.Figures.Usage.Input!.Value,
                group.Figures.Usage.Output!.Value)));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    [Covers("S003-68")]
    public async Task Without_entries_everything_is_zero(string database)
    {
        await using var ledger = await TestLedger.OpenAsync(database);
        await using var open = Open(ledger);

        var summary = await open.Reader.SummarizeAsync(new() { By = [UsageGrouping.Provider], Filter = new() { Since = s_noon } }, Stop);

        Assert.Equal((0, 0, 0, 0, 0), (
            summary.TotalCost, summary.TotalRequests, summary.TotalInputTokens, summary.TotalOutputTokens, summary.AverageCostPerRequest));
        Assert.Empty(summary.Groups);
        Assert.Empty((await open.Reader.ListAsync(new(), 10, null, Stop)).Entries);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task A_provider_includes_its_versions_and_no_other_provider(string database)
    {
        await using var ledger = await TestLedger.OpenAsync(database);
        await using var open = Open(ledger);
        string[] providers = ["acme", "acme@2", "acmeist"];
        await ledger.AddAsync([.. providers.Select(name => SomeEntry.Finished() with { Provider = name })]);

        Assert.Equal(2, (await open.Reader.SummarizeAsync(new() { Filter = new() { Provider = "acme" } }, Stop)).TotalRequests);
        Assert.Equal(["acme", "acme@2"], await ProvidersAsync("acme"));
        Assert.Equal(["acme@2"], await ProvidersAsync("acme@2"));

        async Task<IEnumerable<string>> ProvidersAsync(string asked) =>
            (await open.Reader.ListAsync(new() { Provider = asked }, 10, null, Stop)).Entries.Select(entry => entry.Provider)
                .Order(StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Whatever_is_asked_the_figures_are_those_of_the_entries(string database)
    {
        await using var ledger = await TestLedger.OpenAsync(database);
        await using var open = Open(ledger);
        var entries = SomeEntry.Many(400);
        await ledger.AddAsync(entries);
        var random = new Random(11);

        foreach (var group in Enum.GetValues<UsageGrouping>())
        {
            for (var round = 0; round < 6; round++)
            {
                var query = new UsageQuery
                {
                    By = [group],
                    Limit = 10_000,
                    Filter = new()
                    {
                        Since = round == 0 ? null : s_noon.AddSeconds(random.Next(-100_000, 0)),
                        Until = round == 1 ? null : s_noon.AddSeconds(random.Next(0, 100_000)),
                        Tenant = round == 2 ? "acme" : null,
                        Provider = round == 3 ? "openai" : null,
                        Model = round == 4 ? "anthropic/b" : null,
                        Alias = round == 5 ? "slow" : null,
                    },
                };
                var wanted = entries.Where(entry => Matches(query.Filter, entry)).ToList();
                var summary = await open.Reader.SummarizeAsync(query, Stop);

                Assert.Equal(wanted.Sum(entry => entry.Cost.Total), summary.Total.Cost.Total);
                Assert.Equal(wanted.Count, summary.Total.Lines);
                Assert.Equal(
                    wanted.GroupBy(entry => NameOf(group, entry)).Select(found => (
                        found.Key,
                        found.Sum(entry => entry.Cost.Total),
                        found.Sum(entry => entry.Usage.CacheRead ?? 0),
                        (long)found.Count(entry => entry.Attempt == 0))).Order(),
                    summary.Groups.Select(found => (
                        found.Name, found.Figures.Cost.Total, found.Figures.Usage.CacheRead!.Value, found.Figures.Requests)).Order());
            }
        }
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    [Covers("S002-87")]
    public async Task What_has_no_price_is_counted_with_its_reason_and_is_not_0(string database)
    {
        await using var ledger = await TestLedger.OpenAsync(database);
        await using var open = Open(ledger);
        await ledger.AddAsync(
            SomeEntry.Finished(),
            Free() with { Unpriced = Unpriced.NoPrice },
            Free() with { Unpriced = Unpriced.NoPrice, Attempt = 1 },
            Free() with { Unpriced = Unpriced.NoUsage, Usage = default },
            Free() with { Unpriced = Unpriced.OtherUnit },
            // It failed before it had a cost.
            Free() with { Unpriced = Unpriced.NoUsage, Usage = default, Outcome = LedgerOutcome.Failed });

        var summary = await open.Reader.SummarizeAsync(new(), Stop);

        Assert.Equal(new UnpricedCounts { NoPrice = 2, NoRate = 0, NoUsage = 1, OtherUnit = 1 }, summary.Total.Unpriced);
        Assert.Equal((5, 1), (summary.TotalRequests, summary.Total.Failed));

        static LedgerEntry Free() => SomeEntry.Finished() with { Cost = default };
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Calls_that_failed_are_listed_without_the_failed_attempts_of_others(string database)
    {
        await using var ledger = await TestLedger.OpenAsync(database);
        await using var open = Open(ledger);
        var finished = SomeEntry.Finished() with { RequestId = "went-on" };
        await ledger.AddAsync(
            finished with { Attempt = 1, Outcome = LedgerOutcome.Failed }, finished,
            SomeEntry.Finished() with { RequestId = "failed", Outcome = LedgerOutcome.Failed });

        var failed = await open.Reader.ListAsync(new() { Outcome = LedgerOutcome.Failed }, 10, null, Stop);
        var all = await open.Reader.ListAsync(new(), 10, null, Stop);
        var exported = await open.Reader.ReadAsync(new() { Outcome = LedgerOutcome.Failed }, Stop).ToListAsync(Stop);

        Assert.Equal("failed", Assert.Single(failed.Entries).RequestId);
        Assert.Equal(3, all.Entries.Count);
        Assert.Equal(2, exported.Count);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Several_groupings_at_once_go_by_time_first(string database)
    {
        await using var ledger = await TestLedger.OpenAsync(database);
        await using var open = Open(ledger);
        await ledger.AddAsync(
            SomeEntry.Finished(), SomeEntry.Finished() with { Model = "gpt-4o", Cost = new TokenCost { Input = 5_000_000 } },
            SomeEntry.Finished(s_noon.AddDays(-1)));

        var query = new UsageQuery { By = [UsageGrouping.Model, UsageGrouping.Day], Limit = 2 };
        var first = await open.Reader.SummarizeAsync(query, Stop);
        var second = await open.Reader.SummarizeAsync(query with { Skip = 2 }, Stop);

        Assert.Equal(["openai/gpt-4o-mini 2026-11-27", "openai/gpt-4o 2026-11-28"], first.Groups.Select(group => group.Name));
        Assert.Equal(["openai/gpt-4o-mini 2026-11-28"], second.Groups.Select(group => group.Name));
        Assert.Equal((true, false, 3L, 3L), (first.HasMore, second.HasMore, first.TotalRequests, second.TotalRequests));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Pages_hold_every_entry_once_the_newest_first_and_as_it_was_written(string database)
    {
        await using var ledger = await TestLedger.OpenAsync(database);
        await using var open = Open(ledger);
        // Many in the same millisecond.
        var entries = SomeEntry.Many(60).Select((entry, i) => entry with { StartedAt = s_noon.AddMilliseconds(i / 7) }).ToArray();
        await ledger.AddAsync(entries);

        var found = new List<LedgerEntry>();
        string? after = null;
        do
        {
            var page = await open.Reader.ListAsync(new(), 8, after, Stop);
            found.AddRange(page.Entries);
            after = page.Next;
        }
        while (after is not null);

        Assert.Equal(entries.Reverse().Select(Text), found.Select(Text));
        Assert.Equal(entries.Select(Text), (await open.Reader.ReadAsync(new(), Stop).ToListAsync(Stop)).Select(Text));
        var one = await open.Reader.ListAsync(new() { RequestId = "req-17", Until = s_noon.AddHours(1) }, 10, null, Stop);
        Assert.Equal("req-17", Assert.Single(one.Entries).RequestId);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Values_are_never_read_as_SQL(string database)
    {
        await using var ledger = await TestLedger.OpenAsync(database);
        await using var open = Open(ledger);
        await ledger.AddAsync(SomeEntry.Finished() with { Tag = "'; drop table entries; --" });

        var filter = new UsageFilter { Tag = "'; drop table entries; --" };

        Assert.Single((await open.Reader.ListAsync(filter, 10, null, Stop)).Entries);
        Assert.Single(await open.Reader.ReadAsync(new() { Tenant = "acme" }, Stop).ToListAsync(Stop));
        Assert.Empty((await open.Reader.ListAsync(filter with { Tenant = "acm_" }, 10, null, Stop)).Entries);
    }

    [Theory]
    [InlineData("sqlite", "select count(*) from (with recursive n(i) as (select 1 union all select i + 1 from n) select i from n)")]
    [InlineData("postgres", "select pg_sleep(60)")]
    public async Task A_question_that_takes_too_long_is_given_up_by_the_database(string database, string endless)
    {
        await using var ledger = await TestLedger.OpenAsync(database);
        await using var connections = new ReadingConnections(ledger.Address, TimeSpan.FromMilliseconds(200), TimeProvider.System);

        var failure = await Assert.ThrowsAsync<LedgerException>(() => connections.ReadAsync(
            async (connection, transaction, stop) =>
            {
                await using var command = connection.CreateCommand();
                (command.CommandText, command.Transaction) = (endless, transaction);
                return await command.ExecuteScalarAsync(stop);
            },
            Stop));

        Assert.Equal(LedgerFailure.TooSlow, failure.Reason);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task What_reads_cannot_write(string database)
    {
        await using var ledger = await TestLedger.OpenAsync(database);
        await using var connections = new ReadingConnections(ledger.Address, TimeSpan.FromSeconds(20), TimeProvider.System);

        await Assert.ThrowsAsync<LedgerException>(() => connections.ReadAsync(
            async (connection, transaction, stop) =>
            {
                await using var command = connection.CreateCommand();
                (command.CommandText, command.Transaction) = ("delete from entries", transaction);
                return await command.ExecuteNonQueryAsync(stop);
            },
            Stop));
    }

    [Theory]
    [InlineData(null, LedgerFailure.None, "storage.ledger")]
    [InlineData("sqlite:/nowhere/at/all.db", LedgerFailure.Away, "does not exist")]
    [InlineData("postgres://me:hush@127.0.0.1:9/none", LedgerFailure.Away, "cannot be reached")]
    public async Task A_ledger_that_is_not_there_says_so_without_its_address(string? address, LedgerFailure reason, string words)
    {
        await using var connections = new ReadingConnections(address, TimeSpan.FromSeconds(20), TimeProvider.System);
        var reader = new UsageReader(connections, TimeProvider.System);

        var failure = await Assert.ThrowsAsync<LedgerException>(() => reader.SummarizeAsync(new(), Stop));

        Assert.Equal(reason, failure.Reason);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_that_was_never_given_is_refused()
    {
        await using var connections = new ReadingConnections("sqlite:x.db", TimeSpan.FromSeconds(20), TimeProvider.System);
        var reader = new UsageReader(connections, TimeProvider.System);

        Assert.Equal(
            LedgerFailure.Invalid, (await Assert.ThrowsAsync<LedgerException>(() => reader.ListAsync(new(), 10, "1-x", Stop))).Reason);
        Assert.Equal(
            LedgerFailure.Invalid, (await Assert.ThrowsAsync<LedgerException>(() => reader.ListAsync(new(), 1001, null, Stop))).Reason);
    }

    /// <summary>As in requests and in the configuration.</summary>
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Names_of_providers_keys_and_tenants_are_found_in_any_case(string database)
    {
        await using var ledger = await TestLedger.OpenAsync(database);
        await using var open = Open(ledger);
        var entry = SomeEntry.Finished(s_noon) with { Provider = "OpenAI", Key = "CI-Job", Tenant = "Acme/Build" };
        await ledger.AddAsync([entry, entry with { Call = Guid.NewGuid(), Provider = "openai@2", Key = "ci-job", Tenant = "acme" }]);

        foreach (var filter in new UsageFilter[]
            { new() { Provider = "openAI" }, new() { Key = "CI-job" }, new() { Tenant = "ACME" } })
        {
            Assert.Equal(2, (await open.Reader.SummarizeAsync(new() { Filter = filter }, Stop)).Total.Lines);
            Assert.Equal(2, (await open.Reader.ListAsync(filter, 10, null, Stop)).Entries.Count);
        }

        Assert.Equal(1, (await open.Reader.SummarizeAsync(new() { Filter = new() { Tenant = "acme/BUILD" } }, Stop)).Total.Lines);
        Assert.Equal(0, (await open.Reader.SummarizeAsync(new() { Filter = new() { Tenant = "acm" } }, Stop)).Total.Lines);
        // PostgreSQL cannot hold this one, and refuses to search for it.
        Assert.Empty((await open.Reader.ListAsync(new() { RequestId = "req-1\0" }, 10, null, Stop)).Entries);
    }

    private static OpenReader Open(TestLedger ledger) => new(ledger.Address);

    private static string Text(LedgerEntry entry) => $"{entry with { Budgets = [] }} {string.Join(',', entry.Budgets)}";

    private static bool Matches(UsageFilter query, LedgerEntry entry) =>
        (query.Since is null || entry.StartedAt >= query.Since) && (query.Until is null || entry.StartedAt < query.Until)
        && (query.Provider is null || entry.Provider == query.Provider)
        && (query.Model is null || $"{entry.Provider}/{entry.Model}" == query.Model)
        && (query.Alias is null || entry.Alias == query.Alias)
        && (query.Tenant is null || $"{entry.Tenant}/".StartsWith($"{query.Tenant}/", StringComparison.Ordinal));

    private static string NameOf(UsageGrouping group, LedgerEntry entry) => group switch
    {
        UsageGrouping.Provider => entry.Provider,
        UsageGrouping.Model => entry.Provider.Length == 0 ? "" : $"{entry.Provider}/{entry.Model}",
        UsageGrouping.Key => entry.Key ?? "",
        UsageGrouping.Tenant => entry.Tenant ?? "",
        UsageGrouping.Alias => entry.Provider.Length == 0 ? "" : entry.Alias,
        UsageGrouping.Tag => entry.Tag ?? "",
        UsageGrouping.EndUser => entry.EndUser ?? "",
        UsageGrouping.Day => entry.StartedAt.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        _ => entry.StartedAt.ToString("yyyy-MM-dd'T'HH':00Z'", CultureInfo.InvariantCulture),
    };

    private sealed class OpenReader(string address) : IAsyncDisposable
    {
        private readonly ReadingConnections _connections = new(address, TimeSpan.FromSeconds(30), TimeProvider.System);

        public UsageReader Reader => new UsageReader(_connections, TimeProvider.System);

        public ValueTask DisposeAsync() => _connections.DisposeAsync();
    }
}
