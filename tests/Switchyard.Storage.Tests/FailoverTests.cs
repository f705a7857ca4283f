using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Testing;
using Npgsql;
using Switchyard.Identity;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Keys;
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

    [Fact]
    public async Task So_is_one_that_can_grant_no_part_of_a_budget_so_that_no_call_leaves_anything_to_write()
    {
        await using var ledger = await TestLedger.OpenAsync("postgres");
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(
            upstream,
            options =>
            {
                options.Prices.Models["up/some-model"] = new() { Input = 2, Output = 8 };
                options.Budgets.Named["total"] = new() { Usd = 1, Period = "lifetime" };
                options.Storage.Ledger = ledger.Address;
                options.Storage.Journal = $"{_directory}/own.db";
            },
            builder => builder.AddSwitchyardStorage());
        await AlterAsync(ledger, "set default_transaction_read_only = on");
        var moment = (await ledger.RowsAsync("select now()::text"))[0][0];
        await Wait.ForAsync(async () => (long)(await ledger.RowsAsync(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() "
            + $"and pid <> pg_backend_pid() and backend_start < '{moment}'"))[0][0] == 0);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await AskAsync(gateway));
        // By then what looks after budgets and entries has connected again.
        await Task.Delay(TimeSpan.FromSeconds(3), Stop);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await AskAsync(gateway));
        upstream.ThenJson(Some.ChatCompletion());

        await AlterAsync(ledger, "reset default_transaction_read_only");

        await Wait.ForAsync(async () => await AskAsync(gateway) == HttpStatusCode.OK);
    }

    /// <summary>Without this, keys could not be changed until the pool drops the connections of before.</summary>
    [Fact]
    public async Task So_is_one_of_the_stores_beside_the_ledger()
    {
        await using var ledger = await TestLedger.OpenAsync("postgres");
        var address = LedgerAddress.Parse(ledger.Address);
        using (var before = new SqlKeyStore(address))
            await before.ReadAsync(0, Stop);
        await AlterAsync(ledger, "set default_transaction_read_only = on");
        await using (var pooled = new NpgsqlConnection(address.Postgres))
            NpgsqlConnection.ClearPool(pooled);
        using var store = new SqlKeyStore(address);
        var key = new KeyStoreRow { Kind = "key", Name = "ci", Revision = 0, Document = "{}" };
        var refused = await Assert.ThrowsAsync<PostgresException>(() => store.WriteAsync(key, Stop));
        Assert.Equal(PostgresErrorCodes.ReadOnlySqlTransaction, refused.SqlState);

        await AlterAsync(ledger, "reset default_transaction_read_only");

        await Wait.ForAsync(async () =>
        {
            try
            {
                return await store.WriteAsync(key, Stop);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.ReadOnlySqlTransaction)
            {
                return false;
            }
        });
    }

    private static async Task<HttpStatusCode> AskAsync(GatewayHost gateway)
    {
        using var answer = await gateway.ChatAsync(Some.ChatRequest(extra: ",\"max_tokens\":50"));
        return answer.StatusCode;
    }

    /// <summary>Changes what connections of the database begin with.</summary>
    private static Task AlterAsync(TestLedger ledger, string change) => ledger.ExecuteAsync(
        $"do $$ begin execute format('alter database %I {change}', current_database()); end $$");
}
