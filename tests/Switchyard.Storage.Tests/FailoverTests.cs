using Microsoft.Extensions.Logging.Testing;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Ledger;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>A server of PostgreSQL that is a standby since a failover, and accepts no more writes.</summary>
public sealed class FailoverTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("switchyard-failover-").FullName;
    private readonly FakeLogger _log = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_connection_that_may_not_write_any_more_is_given_up_for_a_new_one()
    {
        await using var ledger = await TestLedger.OpenAsync("postgres");
        await AlterAsync(ledger, "set default_transaction_read_only = on");
        await using var own = await PostgresLedger.OpenAsync(
            $"{_directory}/own.db", LedgerAddress.Parse(ledger.Address).Postgres!, isDurable: false, TimeProvider.System, _log, Stop);
        own.Settle([SomeEntry.Finished()]);
        await _log.Collector.WaitForAsync("PostgreSQL is unavailable (25006");

        // From now on new connections may write; those of before still may not.
        await AlterAsync(ledger, "reset default_transaction_read_only");

        await Wait.ForAsync(async () => (long)(await ledger.RowsAsync("select count(*) from entries"))[0][0] == 1);
    }

    /// <summary>Changes what connections of the database begin with.</summary>
    private static Task AlterAsync(TestLedger ledger, string change) => ledger.ExecuteAsync(
        $"do $$ begin execute format('alter database %I {change}', current_database()); end $$");
}
