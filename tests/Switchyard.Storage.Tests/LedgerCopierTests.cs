using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Testing;
using Switchyard.Money;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Ledger;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>Copying entries to PostgreSQL, and the fate of those that it refuses.</summary>
public sealed class LedgerCopierTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("switchyard-copied-").FullName;
    private readonly FakeLogger _log = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string File => $"{_directory}/own.db";

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task An_entry_that_PostgreSQL_refuses_is_set_aside_and_holds_up_no_other()
    {
        await using var ledger = await TestLedger.OpenAsync("postgres");
        await ledger.ExecuteAsync("alter table entries add constraint good_tags check (tag is distinct from 'bad')");
        var entries = Many(50);
        (entries[7], entries[33]) = (entries[7] with { Tag = "bad" }, entries[33] with { Tag = "bad" });
        // Too large for an index; random, because PostgreSQL would compress a repetitive text.
        var random = new Random(7);
        entries[20] = entries[20] with
        {
            Budgets = [string.Concat(Enumerable.Range(0, 8000).Select(_ => (char)random.Next(0x4e00, 0x9f00)))],
        };

        await using (var own = await OpenAsync(ledger))
        {
            own.Settle(entries);
            await Wait.ForAsync(() => own.SetAside == 3);
            await Wait.ForAsync(async () => await CountAsync(ledger, "select count(*) from entries") == 47);
        }

        Assert.Equal(47, await CountAsync(ledger, "select sum(lines)::bigint from rollups"));
        Assert.Equal(3, Left());
        var said = _log.Collector.Lines.Select(line => line.Text).Where(text => text.Contains("set aside in", StringComparison.Ordinal));
        Assert.Equal(
            ["call r20 (54000:", "call r33 (23514:", "call r7 (23514:"],
            said.Select(text => text[text.IndexOf("call", StringComparison.Ordinal)..(text.IndexOf(':', StringComparison.Ordinal) + 1)])
                .Order(StringComparer.Ordinal));

        // Another process retries them, and those that are now accepted are written.
        await ledger.ExecuteAsync("alter table entries drop constraint good_tags");
        await using (var own = await OpenAsync(ledger))
        {
            await Wait.ForAsync(async () => await CountAsync(ledger, "select count(*) from entries") == 49);
            await Wait.ForAsync(() => own.SetAside == 1);
        }

        Assert.Equal(1, Left());
    }

    [Fact]
    public async Task While_PostgreSQL_is_in_trouble_nothing_is_set_aside_and_everything_is_copied_afterwards()
    {
        await using var ledger = await TestLedger.OpenAsync("postgres");
        await ledger.ExecuteAsync("alter table budget_accounts rename to elsewhere");
        await using var own = await OpenAsync(ledger);

        own.Settle([.. Many(5).Select(entry => entry with { Budgets = ["total|lifetime"] })]);
        await _log.Collector.WaitForAsync("PostgreSQL is unavailable (42P01");

        Assert.Equal(0, own.SetAside);
        await ledger.ExecuteAsync("alter table elsewhere rename to budget_accounts");
        await Wait.ForAsync(async () => await CountAsync(ledger, "select count(*) from entries") == 5);
        Assert.Equal(0, own.SetAside);
    }

    [Fact]
    public async Task A_model_whose_name_has_a_character_that_PostgreSQL_does_not_store_is_in_the_entries_and_in_the_sums()
    {
        await using var ledger = await TestLedger.OpenAsync("postgres");
        await using var own = await OpenAsync(ledger);

        own.Settle([Many(1)[0] with { Provider = "up", Model = "m\0x", Alias = "up/m\0x", Budgets = ["total\0|lifetime"] }]);
        await Wait.ForAsync(async () => await CountAsync(ledger, "select count(*) from entries") == 1);

        var sums = (await ledger.RowsAsync("select model, alias from rollups"))[0];
        Assert.Equal(("mx", "up/mx"), ((string)sums[0], (string)sums[1]));
        Assert.Equal("total|lifetime", (await ledger.RowsAsync("select account from budget_accounts"))[0][0]);
        Assert.Equal(0, own.SetAside);
    }

    private static LedgerEntry[] Many(int count) =>
        [.. Enumerable.Range(0, count).Select(i => SomeEntry.Finished() with { RequestId = $"r{i}" })];

    private static async Task<long> CountAsync(TestLedger ledger, string sql) => (long)(await ledger.RowsAsync(sql))[0][0];

    private ValueTask<ILedger> OpenAsync(TestLedger ledger) => PostgresLedger.OpenAsync(
        File, LedgerAddress.Parse(ledger.Address).Postgres!, isDurable: false, TimeProvider.System, _log, Stop);

    /// <summary>The number of entries left in the process's own file.</summary>
    private long Left()
    {
        using var connection = new SqliteConnection(LedgerAddress.ConnectionString(File));
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "select count(*) from entries";
        return (long)command.ExecuteScalar()!;
    }
}
