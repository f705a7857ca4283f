using Microsoft.Data.Sqlite;
using Switchyard.Money;
using Switchyard.Storage.Ledger;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>
/// With any number of entries, a page is read in the order of an index, and sums do not read the entries of whole
/// hours.
/// </summary>
public sealed class QueryPlanTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static TheoryData<UsageFilter, string> Indexes() => new()
    {
        { new(), "entries_by_time" },
        { new() { Outcome = LedgerOutcome.Finished }, "entries_by_time" },
        { new() { Key = "ci", Alias = "fast", Provider = "openai" }, "entries_by_time" },
        { new() { Tag = "nightly" }, "entries_of_tag" },
        { new() { EndUser = "u1", Tag = "nightly" }, "entries_of_end_user" },
        { new() { Session = "s1" }, "entries_of_session" },
        { new() { Outcome = LedgerOutcome.Failed, Alias = "fast" }, "entries_of_outcome" },
        { new() { Outcome = LedgerOutcome.Unknown, Since = SomeEntry.Noon }, "entries_of_outcome" },
    };

    [Theory]
    [MemberData(nameof(Indexes))]
    public async Task A_page_is_found_by_an_index_in_the_order_of_time(UsageFilter filter, string index)
    {
        await using var ledger = await TestLedger.OpenAsync("sqlite");
        foreach (var (after, newestFirst) in (((long, long)?, bool)[])
            [(null, true), (null, false), ((1_795_000_000_000, 7), true), ((1_795_000_000_000, 7), false)])
        {
            await using var command = (SqliteCommand)ledger.Connection.CreateCommand();
            new EntryPages(ledger.Connection, null!, filter, newestFirst).Write(command, new(0, long.MaxValue), after, 51);
            var plan = await PlanAsync(command);
            Assert.StartsWith($"SEARCH entries USING INDEX {index} (", plan, StringComparison.Ordinal);
            Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_call_is_found_by_its_id()
    {
        await using var ledger = await TestLedger.OpenAsync("sqlite");
        await using var command = (SqliteCommand)ledger.Connection.CreateCommand();
        new EntryPages(ledger.Connection, null!, new() { RequestId = "req-1" }, newestFirst: true).Write(command, new(0, 1), null, 51);
        Assert.Contains("USING INDEX entries_by_request", await PlanAsync(command), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_hours_of_keys_tenants_and_models_are_found_without_looking_at_all_hours()
    {
        await using var ledger = await TestLedger.OpenAsync("sqlite");
        foreach (var (filter, index) in ((UsageFilter, string)[])
        [
            (new() { Key = "ci" }, "rollups USING INDEX rollups_of_one_key"),
            (new() { Tenant = "acme" }, "rollups USING INDEX rollups_of_one_tenant"),
            (new() { Key = "ci", Model = "openai/gpt-4o" }, "rollups USING INDEX rollups_of_one_key"),
            (new() { Alias = "fast" }, "rollups_of_models USING PRIMARY KEY"),
            (new() { Model = "gpt-4o" }, "rollups_of_models USING PRIMARY KEY"),
        ])
        {
            await using var command = (SqliteCommand)ledger.Connection.CreateCommand();
            HourSql.Write(command, filter, filter.Tenant is { } tenant ? [tenant, "acme/build"] : null, new(0, long.MaxValue), "desc", 51);
            Assert.Contains($"SEARCH {index}", await PlanAsync(command), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Sums_of_whole_hours_do_not_look_at_entries()
    {
        await using var ledger = await TestLedger.OpenAsync("sqlite");
        foreach (var by in (UsageGrouping[][])[[], [UsageGrouping.Model], [UsageGrouping.Key], [UsageGrouping.Day], [UsageGrouping.Hour]])
        {
            await using var command = (SqliteCommand)ledger.Connection.CreateCommand();
            var query = new UsageQuery { Filter = new() { Since = SomeEntry.Noon.AddMinutes(50) }, By = by };
            if (by.Length == 0)
                SummarySql.WriteTotal(command, query, default);
            else
                SummarySql.WriteGroups(command, query, default);
            var plan = await PlanAsync(command);
            Assert.DoesNotContain("SEARCH entries", plan, StringComparison.Ordinal);
            Assert.DoesNotContain("SCAN rollups", plan, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_days_and_months_of_some_keys_are_found_without_looking_at_those_of_others()
    {
        await using var ledger = await TestLedger.OpenAsync("sqlite");
        await using var command = (SqliteCommand)ledger.Connection.CreateCommand();
        var gathered = RollupSpan.Day.Begin(SomeEntry.Noon.ToUnixTimeMilliseconds());
        var query = new UsageQuery { Filter = new() { Since = SomeEntry.Noon.AddDays(-40) }, By = [UsageGrouping.Key] };
        SummarySql.WriteNamed(command, query, new(gathered, gathered), ["ci", "web"]);

        var plan = await PlanAsync(command);

        Assert.Contains("SEARCH rollups_of_days USING PRIMARY KEY (hour=? AND key=?)", plan, StringComparison.Ordinal);
        Assert.Contains("SEARCH rollups_of_months USING PRIMARY KEY (hour=? AND key=?)", plan, StringComparison.Ordinal);
        Assert.Contains("SEARCH rollups USING INDEX rollups_of_one_key (key=? AND hour>? AND hour<?)", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("SCAN", plan.Replace("SCAN used", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    /// <summary>A key is found in any case, which an expression over the column would make a search of all keys.</summary>
    [Fact]
    public async Task The_sums_of_one_key_are_found_without_looking_at_those_of_others()
    {
        await using var ledger = await TestLedger.OpenAsync("sqlite");
        await using var command = (SqliteCommand)ledger.Connection.CreateCommand();
        var gathered = RollupSpan.Day.Begin(SomeEntry.Noon.ToUnixTimeMilliseconds());
        SummarySql.WriteTotal(
            command, new() { Filter = new() { Since = SomeEntry.Noon.AddDays(-40), Key = "ci" } }, new(gathered, gathered));

        var plan = await PlanAsync(command);

        Assert.Contains("SEARCH rollups_of_days USING PRIMARY KEY (hour=? AND key=?)", plan, StringComparison.Ordinal);
        Assert.Contains("SEARCH rollups_of_months USING PRIMARY KEY (hour=? AND key=?)", plan, StringComparison.Ordinal);
        Assert.Contains("SEARCH rollups USING INDEX rollups_of_one_key (key=? AND hour>? AND hour<?)", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("SCAN rollups", plan, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task A_tenant_with_more_within_it_than_can_be_asked_for_one_by_one_is_found_all_the_same(string database)
    {
        await using var ledger = await TestLedger.OpenAsync(database);
        await ledger.AddAsync([.. Enumerable.Range(0, 30).Select(i =>
            SomeEntry.Finished(SomeEntry.Noon.AddMinutes(i)) with { Tenant = $"acme/{i}", RequestId = $"req-{i}" })]);
        await using var connections = new ReadingConnections(ledger.Address, TimeSpan.FromSeconds(30), TimeProvider.System);
        var reader = new UsageReader(connections, TimeProvider.System);

        var page = await reader.ListAsync(new() { Tenant = "acme" }, 20, null, Stop);
        var next = await reader.ListAsync(new() { Tenant = "acme" }, 20, page.Next, Stop);
        var none = await reader.ListAsync(new() { Tenant = "acm" }, 20, null, Stop);

        Assert.Equal(
            Enumerable.Range(0, 30).Reverse().Select(i => $"req-{i}"), page.Entries.Concat(next.Entries).Select(entry => entry.RequestId));
        Assert.Empty(none.Entries);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task What_a_filter_may_mean_in_several_ways_comes_in_the_order_of_time_page_by_page(string database)
    {
        await using var ledger = await TestLedger.OpenAsync(database);
        await ledger.AddAsync([.. Enumerable.Range(0, 40).Select(i => SomeEntry.Finished(SomeEntry.Noon.AddMinutes(i / 2)) with
        {
            RequestId = $"req-{i}",
            Provider = i % 2 == 0 ? "meta" : "router",
            Model = i % 2 == 0 ? "llama" : "meta/llama",
            Tenant = i % 3 == 0 ? "acme" : "acme/build",
        })]);
        await using var connections = new ReadingConnections(ledger.Address, TimeSpan.FromSeconds(30), TimeProvider.System);
        var reader = new UsageReader(connections, TimeProvider.System);

        var found = new List<string>();
        string? after = null;
        do
        {
            var page = await reader.ListAsync(new() { Model = "meta/llama", Tenant = "acme" }, 7, after, Stop);
            found.AddRange(page.Entries.Select(entry => entry.RequestId));
            after = page.Next;
        }
        while (after is not null);

        Assert.Equal(Enumerable.Range(0, 40).Reverse().Select(i => $"req-{i}"), found);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Calls_far_apart_are_found_page_by_page_in_both_directions(string database)
    {
        await using var ledger = await TestLedger.OpenAsync(database);
        // One entry of the key in every seventh hour, one of another key in every hour, and deleted entries in between.
        await ledger.AddAsync([.. Enumerable.Range(0, 200).SelectMany(hour => new[]
        {
            SomeEntry.Finished(SomeEntry.Noon.AddHours(hour)) with { Key = "other", RequestId = $"other-{hour}" },
            SomeEntry.Finished(SomeEntry.Noon.AddHours(hour)) with { Key = hour % 7 == 0 ? "rare" : "other", RequestId = $"req-{hour}" },
        })]);
        await ledger.ExecuteAsync("delete from entries where request_id in ('req-0', 'req-70', 'req-77', 'req-84', 'req-91')");
        await using var connections = new ReadingConnections(ledger.Address, TimeSpan.FromSeconds(30), TimeProvider.System);
        var reader = new UsageReader(connections, TimeProvider.System);

        var newest = new List<string>();
        string? after = null;
        do
        {
            var page = await reader.ListAsync(new() { Key = "rare" }, 3, after, Stop);
            newest.AddRange(page.Entries.Select(entry => entry.RequestId));
            after = page.Next;
        }
        while (after is not null);
        var oldest = await reader.ReadAsync(new() { Key = "rare", Until = SomeEntry.Noon.AddHours(1000) }, Stop)
            .Select(entry => entry.RequestId).ToListAsync(Stop);

        var meant = Enumerable.Range(0, 29).Select(i => i * 7).Except([0, 70, 77, 84, 91]).Select(hour => $"req-{hour}").ToList();
        Assert.Equal(meant, oldest);
        Assert.Equal(meant.AsEnumerable().Reverse(), newest);
    }

    private static async Task<string> PlanAsync(SqliteCommand command)
    {
        command.CommandText = $"explain query plan {command.CommandText}";
        await using var reader = await command.ExecuteReaderAsync(Stop);
        var lines = new List<string>();
        while (await reader.ReadAsync(Stop))
            lines.Add(reader.GetString(3));
        return string.Join('\n', lines);
    }
}
