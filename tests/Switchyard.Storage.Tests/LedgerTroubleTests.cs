using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Switchyard.Money;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Ledger;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>A ledger's file that cannot be written, or is not there any more: what is said about it, and what is kept.</summary>
public sealed class LedgerTroubleTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("switchyard-trouble-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Own => $"{_directory}/own.db";

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task While_nothing_can_be_written_the_ledger_says_why_and_has_every_call_afterwards()
    {
        var entry = SomeEntry.Finished();
        await using (var ledger = Open())
        {
            Assert.Null(ledger.Trouble);
            await ExecuteAsync("alter table rollups rename to gone");

            ledger.Settle([entry]);

            await Wait.ForAsync(() => ledger.Trouble is not null);
            Assert.Contains("no such table", ledger.Trouble!.Reason, StringComparison.Ordinal);
            Assert.True(ledger.Trouble.StopsDurableCalls);
            await ExecuteAsync("alter table gone rename to rollups");
            await Wait.ForAsync(() => ledger.Trouble is null);
        }

        Assert.Equal(entry.Call, Assert.Single(await EntriesAsync()).Call);
    }

    [Fact]
    public async Task A_call_that_has_waited_in_vain_for_a_locked_file_stops_further_ones_until_it_is_free()
    {
        var time = new FakeTimeProvider();
        await using var ledger = SqliteLedger.Open(Own, isDurable: true, time, NullLogger.Instance);
        await using (var other = new SqliteConnection(LedgerAddress.ConnectionString(Own, mustExist: true)))
        {
            await other.OpenAsync(Stop);
            await using var locks = other.CreateCommand();
            locks.CommandText = "begin immediate";
            await locks.ExecuteNonQueryAsync(Stop);
            var waiting = ledger.SettleDurablyAsync([SomeEntry.Finished()]).AsTask();

            time.Advance(TimeSpan.FromSeconds(10));

            await Assert.ThrowsAsync<IOException>(() => waiting);
            Assert.True(ledger.Trouble is { StopsDurableCalls: true });
            locks.CommandText = "rollback";
            await locks.ExecuteNonQueryAsync(Stop);
        }

        await Wait.ForAsync(() => ledger.Trouble is null);
        Assert.Single(await EntriesAsync());
    }

    [Fact]
    public async Task A_start_that_cannot_write_what_was_left_names_the_file_and_loses_nothing()
    {
        var entry = SomeEntry.Finished();
        await using (var ledger = Open())
        {
            await ExecuteAsync("alter table rollups rename to gone");
            ledger.Settle([entry]);
            await Wait.ForAsync(() => ledger.Trouble is not null);
        }

        var failure = Assert.Throws<IOException>(Open);

        Assert.StartsWith($"The ledger {Own} cannot be written: ", failure.Message, StringComparison.Ordinal);
        await ExecuteAsync("alter table gone rename to rollups");
        await using (Open())
        {
        }

        Assert.Equal(entry.Call, Assert.Single(await EntriesAsync()).Call);
    }

    [Fact]
    public async Task Calls_that_a_newer_version_left_stop_the_start_with_the_way_out_and_hold_no_file()
    {
        await using (Open())
        {
        }

        await ExecuteAsync("insert into intents (call, entry) values (randomblob(16), x'02')");

        var failure = Assert.Throws<IOException>(Open);

        Assert.Contains(Own, failure.Message, StringComparison.Ordinal);
        Assert.Contains("newer version", failure.Message, StringComparison.Ordinal);
        await ExecuteAsync("delete from intents");
        await using var opened = Open();
    }

    [Fact]
    public async Task A_file_that_is_deleted_while_in_use_is_reported_and_its_last_calls_are_in_the_next_one()
    {
        var entry = SomeEntry.Finished();
        await using (var ledger = Open())
        {
            await ledger.SettleDurablyAsync([SomeEntry.Finished()]);
            foreach (var file in (string[])[Own, $"{Own}-wal", $"{Own}-shm"])
                File.Delete(file);

            await ledger.SettleDurablyAsync([entry]);

            Assert.Contains("deleted", ledger.Trouble?.Reason, StringComparison.Ordinal);
            Assert.True(ledger.Trouble!.StopsDurableCalls);
        }

        await using (Open())
        {
        }

        Assert.Equal(entry.Call, Assert.Single(await EntriesAsync()).Call);
    }

    [Fact]
    public async Task A_file_that_another_one_replaced_is_reported_without_a_call_until_it_is_back()
    {
        await using var ledger = Open();
        await ledger.SettleDurablyAsync([SomeEntry.Finished()]);
        await File.WriteAllBytesAsync($"{Own}.other", [], Stop);
        File.Move(Own, $"{Own}.away");
        File.Move($"{Own}.other", Own);

        await Wait.ForAsync(() => ledger.Trouble is { StopsDurableCalls: true });
        File.Move($"{Own}.away", Own, overwrite: true);

        await Wait.ForAsync(() => ledger.Trouble is null);
    }

    [Fact]
    public async Task A_file_that_is_moved_back_ends_the_report_also_without_calls()
    {
        await using var ledger = Open();
        File.Move(Own, $"{Own}.away");
        await ledger.SettleDurablyAsync([SomeEntry.Finished()]);
        Assert.NotNull(ledger.Trouble);

        File.Move($"{Own}.away", Own);

        await Wait.ForAsync(() => ledger.Trouble is null);
        await ledger.SettleDurablyAsync([SomeEntry.Finished()]);
        Assert.Null(ledger.Trouble);
        Assert.Equal(2, (await EntriesAsync()).Count);
    }

    [Fact]
    public async Task A_damaged_file_is_called_damaged_by_those_that_read_it()
    {
        await File.WriteAllBytesAsync(Own, [.. Enumerable.Repeat((byte)'x', 8192)], Stop);

        var failure = await Assert.ThrowsAsync<LedgerException>(EntriesAsync);

        Assert.Contains("is damaged", failure.Message, StringComparison.Ordinal);
    }

    private async Task<IReadOnlyList<LedgerEntry>> EntriesAsync()
    {
        await using var reading = new ReadingConnections($"sqlite:{Own}", TimeSpan.FromSeconds(30), TimeProvider.System);
        return (await new UsageReader(reading, TimeProvider.System).ListAsync(new UsageFilter(), 10, null, Stop)).Entries;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new SqliteConnection(LedgerAddress.ConnectionString(Own, mustExist: true));
        await connection.OpenAsync(Stop);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(Stop);
    }

    private SqliteLedger Open() => SqliteLedger.Open(Own, isDurable: false, TimeProvider.System, NullLogger.Instance);
}
