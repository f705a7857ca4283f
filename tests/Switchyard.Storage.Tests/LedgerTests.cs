using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Testing;
using Switchyard.Canonical;
using Switchyard.Money;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Journal;
using Switchyard.Storage.Ledger;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>The recorded entries, and those that survive if the process ends at any moment.</summary>
public sealed class LedgerTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("switchyard-ledger-").FullName;

    private string File => $"{_directory}/ledger.db";

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_ledger_whose_database_is_away_closes_without_an_error_and_keeps_its_calls()
    {
        var address = LedgerAddress.Parse("postgres://nobody:nothing@127.0.0.1:1/ledger").Postgres!;
        var ledger = await PostgresLedger.OpenAsync(
            File, address, isDurable: false, TimeProvider.System, NullLogger.Instance, TestContext.Current.CancellationToken);
        ledger.Settle([Entry()]);

        await ledger.DisposeAsync();
        await ledger.DisposeAsync();

        Assert.Single(Rows("select * from entries"));
    }

    [Fact]
    public async Task A_start_that_is_given_up_leaves_the_file_to_the_next()
    {
        var address = LedgerAddress.Parse("postgres://nobody:nothing@127.0.0.1:1/ledger").Postgres!;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PostgresLedger.OpenAsync(
            File, address, isDurable: false, TimeProvider.System, NullLogger.Instance, new CancellationToken(canceled: true)).AsTask());

        await using var next = Open();
        Assert.Empty(next.Opening.Unknown);
    }

    [Covers("S003-65")]
    [Fact]
    public async Task A_call_that_has_ended_is_one_line_with_all_that_is_known_of_it()
    {
        var entry = Entry() with
        {
            Key = "ci", Tenant = "acme/build", EndUser = "ann", Session = "s1", Tag = "nightly", Duration = TimeSpan.FromMilliseconds(1234),
            Usage = new() { Input = 100, Output = 50, CacheRead = 40, Reasoning = 7 },
            Cost = new() { Input = 60, CacheRead = 4, Output = 430, Reasoning = 70 },
            PriceVersion = "catalogue 2026-11-01", WorstCase = 999, Budgets = ["total|2026-11-28", "key:ci|2026-11"],
        };
        await using (var ledger = Open())
        {
            ledger.Begin(entry with { Outcome = LedgerOutcome.Unknown });
            await ledger.SettleDurablyAsync([entry]);
        }

        var row = Rows("select * from entries").Single();
        Assert.Equal(
            ("r1", "ci", "acme/build", "ann", "s1", "nightly", "fast", "openai", "gpt-4o", "chat", 1234L, 1L),
            (row["request_id"], row["key"], row["tenant"], row["end_user"], row["session"], row["tag"], row["alias"], row["provider"],
                row["model"], row["operation"], row["duration"], row["outcome"]));
        Assert.Equal(
            (100L, 50L, 40L, null, 7L, 60L, 430L, 4L, 70L, 564L, 999L),
            (row["input_tokens"], row["output_tokens"], row["cache_read_tokens"], row["cache_write_tokens"], row["reasoning_tokens"],
                row["input_cost"], row["output_cost"], row["cache_read_cost"], row["reasoning_cost"], row["cost"], row["worst_case"]));
        Assert.Equal(
            [("key:ci|2026-11", 564L), ("total|2026-11-28", 564L)],
            Rows("select * from budget_accounts order by account")
                .Select(account => ((string)account["account"]!, (long)account["spent"]!)));
        Assert.Empty(Rows("select * from intents"));
    }

    [Fact]
    public async Task What_is_written_survives_the_end_of_the_process_before_the_database_has_it()
    {
        var (ended, open) = (Entry(), Entry());
        // The process ends here: the journal is closed before any entry is copied.
        using (var journal = CallJournal.Open(File, out _))
        {
            journal.Begin();
            journal.TryAppend(new(true, ended with { Outcome = LedgerOutcome.Unknown }));
            journal.TryAppend(new(true, open with { Outcome = LedgerOutcome.Unknown, WorstCase = 70, Budgets = ["total|2026-11-28"] }));
            journal.TryAppend(new(false, ended with { Cost = new() { Output = 5 }, Budgets = ["total|2026-11-28"] }));
        }

        await using (var ledger = Open())
        {
            Assert.Equal(5, ledger.Opening.Spent["total|2026-11-28"]);
            var unknown = Assert.Single(ledger.Opening.Unknown);
            Assert.Equal((open.Call, 70L, "total|2026-11-28"), (unknown.Call, unknown.WorstCase, unknown.Budgets.Single()));
        }

        Assert.Equal([0L, 1L], Rows("select outcome from entries").Select(row => (long)row["outcome"]!).Order());
        // A second start finds nothing new.
        await using (Open())
            Assert.Equal(2, Rows("select 1 as one from entries").Count);
    }

    [Fact]
    public async Task What_is_written_twice_counts_once()
    {
        var entry = Entry() with { Cost = new() { Output = 5 }, Budgets = ["total|2026-11-28"] };
        await using (var ledger = Open())
        {
            await ledger.SettleDurablyAsync([entry]);
            await ledger.SettleDurablyAsync([entry]);
        }

        Assert.Single(Rows("select * from entries"));
        Assert.Equal(5L, Rows("select spent from budget_accounts").Single()["spent"]);
    }

    [Fact]
    public async Task An_unknown_call_is_decided_once_and_then_counts_what_was_decided()
    {
        var call = Entry() with { Outcome = LedgerOutcome.Unknown, WorstCase = 70, Budgets = ["total|2026-11-28"] };
        using (var journal = CallJournal.Open(File, out _))
        {
            journal.Begin();
            journal.TryAppend(new(true, call));
        }

        await using var ledger = Open();
        Assert.True(await ledger.ResolveAsync(call.Call, 30, TestContext.Current.CancellationToken));
        Assert.False(await ledger.ResolveAsync(call.Call, 30, TestContext.Current.CancellationToken));
        Assert.Empty(await ledger.FindUnknownAsync(TestContext.Current.CancellationToken));
        Assert.Equal(30L, Rows("select spent from budget_accounts").Single()["spent"]);
    }

    [Fact]
    public async Task Writers_at_once_lose_nothing_while_the_files_take_turns()
    {
        await using (var ledger = Open())
        {
            await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
            {
                for (var i = 0; i < 500; i++)
                {
                    var entry = Entry() with { Cost = new() { Output = 1 }, Budgets = ["total|2026-11-28"] };
                    ledger.Begin(entry with { Outcome = LedgerOutcome.Unknown });
                    if (i % 50 == 0)
                        await ledger.SettleDurablyAsync([entry]);
                    else
                        ledger.Settle([entry]);
                }
            })));
        }

        Assert.Equal(4000L, Rows("select count(*) as n from entries where outcome = 1").Single()["n"]);
        Assert.Equal(4000L, Rows("select spent from budget_accounts").Single()["spent"]);
        Assert.Empty(Rows("select * from intents"));
    }

    [Fact]
    public async Task A_ledger_that_cannot_be_written_closes_all_the_same_and_its_calls_stay_in_the_journal()
    {
        var log = new FakeLogger();
        var entry = Entry();
        var ledger = SqliteLedger.Open(File, isDurable: false, TimeProvider.System, log);
        Execute("drop table entries");
        ledger.Settle([entry]);
        await log.Collector.WaitForAsync("The ledger cannot be written");

        // It has begun to fail before it is disposed.
        await ledger.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        using var journal = CallJournal.Open(File, out var left);
        Assert.Equal(entry.Call, Assert.Single(left).Entry.Call);
    }

    [Fact]
    public async Task What_a_rolling_budget_has_spent_is_read_again_with_the_times_when_it_was()
    {
        const string Account = "total|rolling-86400s";
        var now = DateTimeOffset.UtcNow;
        LedgerEntry Spent(int hoursAgo, long cost, params string[] accounts) =>
            Entry() with { StartedAt = now.AddHours(-hoursAgo), Cost = new() { Output = cost }, Budgets = accounts };
        await using (var ledger = Open())
        {
            await ledger.SettleDurablyAsync(
            [
                Spent(25, 1, Account), Spent(23, 2, Account, "key:ci|lifetime"), Spent(23, 8, "other|rolling-86400s"), Spent(1, 4, Account),
            ]);
        }

        await using var again = Open();

        var parts = again.Opening.Rolling[Account];
        Assert.Equal((6L, 2L, 4L), (again.Opening.Spent[Account], parts[0].Amount, parts[1].Amount));
        // In steps of a quarter of an hour, and never too early.
        Assert.InRange(now - parts[0].At, TimeSpan.FromHours(22.74), TimeSpan.FromHours(23));
        Assert.Equal(2L, again.Opening.Spent["key:ci|lifetime"]);
        Assert.Equal(["other|rolling-86400s", Account], again.Opening.Rolling.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_account_of_a_conversation_that_was_not_continued_for_63_days_is_not_read_and_starts_at_nothing()
    {
        var clock = new TestClock();
        await using (var ledger = OpenAt(clock))
            await ledger.SettleDurablyAsync([Spent(clock, 5, "agents|lifetime|old"), Spent(clock, 7, "users|lifetime|ada")]);
        clock.Advance(TimeSpan.FromDays(1));
        await using (var ledger = OpenAt(clock))
        {
            Assert.Equal(2, ledger.Opening.Spent.Count);
            await ledger.SettleDurablyAsync([Spent(clock, 1, "agents|lifetime|old")]);
        }

        clock.Advance(TimeSpan.FromDays(64));
        await using (var ledger = OpenAt(clock))
        {
            Assert.Equal(("users|lifetime|ada", 7L), (Assert.Single(ledger.Opening.Spent).Key, Assert.Single(ledger.Opening.Spent).Value));
            await ledger.SettleDurablyAsync([Spent(clock, 2, "agents|lifetime|old"), Spent(clock, 1, "users|lifetime|ada")]);
        }

        await using var again = OpenAt(clock);

        Assert.Equal((2L, 8L), (again.Opening.Spent["agents|lifetime|old"], again.Opening.Spent["users|lifetime|ada"]));
    }

    [Fact]
    public async Task A_rolling_account_that_has_spent_nothing_within_its_length_is_not_read()
    {
        var clock = new TestClock();
        await using (var ledger = OpenAt(clock))
            await ledger.SettleDurablyAsync([Spent(clock, 5, "agents|rolling-3600s|old", "agents|rolling-86400s|old")]);
        clock.Advance(TimeSpan.FromHours(2));

        await using var again = OpenAt(clock);

        Assert.Equal("agents|rolling-86400s|old", Assert.Single(again.Opening.Spent).Key);
        Assert.Equal("agents|rolling-86400s|old", Assert.Single(again.Opening.Rolling).Key);
    }

    [Theory]
    [InlineData("total|rolling-86400s", 86400)]
    [InlineData("total|rolling-60s|ada", 60)]
    [InlineData("a|b|rolling-60s|ada", 60)]
    [InlineData("total|lifetime|x|rolling-1s", null)]
    [InlineData("total|2026-11|x|rolling-1s", null)]
    [InlineData("rolling-1s|lifetime", null)]
    public void Whether_an_account_is_rolling_is_decided_by_its_period_and_not_by_whose_it_is(string account, int? seconds) =>
        Assert.Equal(seconds, (int?)RollingAccount.LengthOf(account)?.TotalSeconds);

    [Fact]
    public async Task Two_processes_do_not_share_a_file()
    {
        await using var ledger = Open();

        Assert.Contains("is open in another process", Assert.Throws<IOException>(Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_that_was_cut_off_is_passed_over_and_those_after_it_are_read()
    {
        var (first, second) = (Entry(), Entry());
        using (var journal = CallJournal.Open(File, out _))
        {
            journal.Begin();
            journal.TryAppend(new(false, first));
            journal.TryAppend(new(false, second));
        }

        using (var stream = System.IO.File.Open($"{File}.journal-a", FileMode.Open))
        {
            // The mark of the first record.
            stream.Write(new byte[4]);
        }

        using var again = CallJournal.Open(File, out var left);
        Assert.Equal(second.Call, Assert.Single(left).Entry.Call);
    }

    [Fact]
    public void An_entry_is_the_same_after_it_was_written_and_read()
    {
        var entry = Entry() with
        {
            Attempt = 3, Tenant = "ä/ö", Usage = new() { Input = 0, OutputAudio = long.MaxValue }, IsEstimate = true,
            Unpriced = Unpriced.NoRate,
            Cost = new() { Input = 1, Request = 2 }, Budgets = ["a|b", ""],
        };
        var bytes = new byte[EntryCodec.MaxSizeOf(entry)];
        var read = EntryCodec.Read(bytes.AsSpan(0, EntryCodec.Write(entry, bytes)));

        Assert.Equal(entry.Budgets, read.Budgets);
        Assert.Equal(entry with { Budgets = [], StartedAt = default }, read with { Budgets = [], StartedAt = default });
        for (var length = 0; length < EntryCodec.Write(entry, bytes); length++)
            Assert.Throws<InvalidDataException>(() => EntryCodec.Read(bytes.AsSpan(0, length)));
    }

    [Fact]
    public void Uses_of_tools_stand_behind_everything_that_the_version_before_reads()
    {
        var entry = Entry() with { Usage = new() { Input = 1, WebSearches = 3 } };
        var bytes = new byte[EntryCodec.MaxSizeOf(entry)];
        var length = EntryCodec.Write(entry, bytes);

        Assert.Equal(entry.Usage, EntryCodec.Read(bytes.AsSpan(0, length)).Usage);
        Assert.Equal(new TokenUsage { Input = 1 }, EntryCodec.Read(bytes.AsSpan(0, length - (2 * sizeof(long)))).Usage);
        Assert.Throws<InvalidDataException>(() => EntryCodec.Read(bytes.AsSpan(0, length - 1)));
    }

    internal static LedgerEntry Entry() => new()
    {
        Call = Guid.CreateVersion7(),
        RequestId = "r1",
        StartedAt = DateTimeOffset.UtcNow,
        Outcome = LedgerOutcome.Finished,
        Alias = "fast",
        Provider = "openai",
        Model = "gpt-4o",
        Operation = "chat",
    };

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection(LedgerAddress.ConnectionString(File));
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static LedgerEntry Spent(TestClock clock, long cost, params string[] accounts) =>
        Entry() with { StartedAt = clock.GetUtcNow(), Cost = new() { Output = cost }, Budgets = accounts };

    private SqliteLedger OpenAt(TestClock clock) => SqliteLedger.Open(
        File, isDurable: false, clock, NullLogger.Instance,
        isOfConversation: account => account.StartsWith("agents|lifetime|", StringComparison.Ordinal));

    private SqliteLedger Open() => SqliteLedger.Open(File, isDurable: false, TimeProvider.System, NullLogger.Instance);

    private List<Dictionary<string, object?>> Rows(string sql)
    {
        using var connection = new SqliteConnection(LedgerAddress.ConnectionString(File));
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<Dictionary<string, object?>>();
        while (reader.Read())
        {
            rows.Add(Enumerable.Range(0, reader.FieldCount).ToDictionary(
                reader.GetName, column => reader.IsDBNull(column) ? null : reader.GetValue(column)));
        }

        return rows;
    }
}
