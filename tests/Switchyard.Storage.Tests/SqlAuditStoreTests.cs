using Microsoft.Data.Sqlite;
using Switchyard.Auditing;
using Switchyard.Storage.Audit;
using Switchyard.Storage.Databases;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>The audit log in SQLite and in PostgreSQL.</summary>
public sealed class SqlAuditStoreTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("switchyard-audit-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Several_gateways_write_one_chain(bool postgres)
    {
        var address = await AddressAsync(postgres);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async gateway =>
        {
            using var store = new SqlAuditStore(address);
            using var log = LogOf(store);
            for (var i = 0; i < 5; i++)
                await log.RecordAsync(Fact($"{gateway} {i}"));
        }));
        using var reader = new SqlAuditStore(address);
        using var all = LogOf(reader);

        var verdict = await all.VerifyAsync(Stop);
        var newest = await all.ListAsync(null, 100, Stop);

        Assert.Equal((true, 20L, newest[0].Hash), (verdict.IsWhole, verdict.Entries, verdict.LastHash));
        Assert.Equal(Enumerable.Range(1, 20).Reverse().Select(number => (long)number), newest.Select(entry => entry.Number));
        Assert.Equal(20, newest.Select(entry => entry.Fact.Target).Distinct().Count());
        Assert.Equal("{\"rpm\":5}", newest[0].Fact.Changes);
        Assert.Null(newest[0].Fact.RequestId);
    }

    [Fact]
    public async Task An_entry_that_was_changed_in_the_database_is_named()
    {
        var address = await AddressAsync(postgres: false);
        using var store = new SqlAuditStore(address);
        using var log = LogOf(store);
        for (var i = 1; i <= 5; i++)
            await log.RecordAsync(Fact($"{i}"));
        await using var connection = new SqliteConnection(LedgerAddress.ConnectionString(address.File!));
        await connection.OpenAsync(Stop);
        await using var forging = connection.CreateCommand();
        forging.CommandText = "update audit set who = 'somebody else' where number = 3";
        await forging.ExecuteNonQueryAsync(Stop);

        var verdict = await log.VerifyAsync(Stop);

        Assert.Equal((false, 3L), (verdict.IsWhole, verdict.FirstBroken));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static AuditLog LogOf(IAuditStore store) => new(store, TimeProvider.System);

    private static AuditFact Fact(string target) =>
        new()
        {
            Who = "admin",
            Kind = "key",
            Role = "admin",
            Operation = "PUT /admin/limits/{name}",
            Target = target,
            Changes = """{"rpm":5}""",
            Status = 200,
            Outcome = "done",
        };

    private async Task<LedgerAddress> AddressAsync(bool postgres)
    {
        if (!postgres)
            return LedgerAddress.Parse($"sqlite:{_directory}/switchyard.db");
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        return LedgerAddress.Parse(await (await PostgresServer.SharedAsync()).NewDatabaseAsync());
    }
}
