using System.Data.Common;
using Npgsql;
using Switchyard.Money;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Ledger;
using Switchyard.Storage.Migrations;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>The connections that read a ledger in PostgreSQL.</summary>
public sealed class PostgresReadingTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_options_of_an_address_apply_to_reading_too()
    {
        var address = await AddressAsync() + "?Options=-c%20search_path%3Dgateway";
        await using (var connection = new NpgsqlConnection(LedgerAddress.Parse(address).Postgres))
        {
            await connection.OpenAsync(Stop);
            await using var schema = new NpgsqlCommand("create schema gateway", connection);
            await schema.ExecuteNonQueryAsync(Stop);
            await Migrator.ApplyAsync(connection, Stop);
        }

        await using var reading = new ReadingConnections(address, TimeSpan.FromSeconds(15), TimeProvider.System);

        Assert.Empty((await new UsageReader(reading, TimeProvider.System).ListAsync(new UsageFilter(), 10, null, Stop)).Entries);
    }

    [Theory]
    [InlineData("create table more (name text)", LedgerFailure.Away, PostgresErrorCodes.ReadOnlySqlTransaction)]
    [InlineData("select pg_sleep(30)", LedgerFailure.TooSlow, PostgresErrorCodes.QueryCanceled)]
    public async Task What_reads_cannot_write_and_is_ended_by_the_database_if_it_takes_too_long(
        string statement, LedgerFailure reason, string state)
    {
        // A clock that stands still: only the database ends the statement.
        await using var reading = new ReadingConnections(await AddressAsync(), TimeSpan.FromSeconds(1), new TestClock());

        var failure = await Assert.ThrowsAsync<LedgerException>(() => reading.ReadAsync(RunAsync, Stop));

        Assert.Equal((reason, state), (failure.Reason, Assert.IsType<PostgresException>(failure.InnerException).SqlState));

        async Task<int> RunAsync(DbConnection connection, DbTransaction transaction, CancellationToken stop)
        {
            await using var command = connection.CreateCommand();
            (command.CommandText, command.Transaction) = (statement, transaction);
            return await command.ExecuteNonQueryAsync(stop);
        }
    }

    private static async Task<string> AddressAsync()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        return await (await PostgresServer.SharedAsync()).NewDatabaseAsync();
    }
}
