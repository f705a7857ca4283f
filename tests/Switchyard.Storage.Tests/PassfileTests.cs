using Npgsql;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Keys;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>A password of the database that is changed while the gateway runs.</summary>
public sealed class PassfileTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_password_in_a_passfile_is_read_for_each_new_connection()
    {
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        await using var server = await PostgresServer.StartAsync();
        using var folder = new TemporaryFolder();
        var ledger = new Uri(await server.NewDatabaseAsync());
        await using var admin = NpgsqlDataSource.Create(LedgerAddress.Parse(ledger.OriginalString).Postgres!);
        await ExecuteAsync(admin, "create role gateway superuser login password 'the-first'");
        // The role alone needs its password from now on.
        await ExecuteAsync(
            admin,
            """
            do $$ begin execute format(
              'copy (values (''host all gateway all scram-sha-256''), (''host all all all trust''), (''local all all trust'')) to %L',
              current_setting('hba_file')); end $$
            """);
        await ExecuteAsync(admin, "select pg_reload_conf()");
        var address = LedgerAddress.Parse(
            $"postgres://gateway@{ledger.Authority.Split('@')[^1]}{ledger.AbsolutePath}?passfile={Uri.EscapeDataString(folder["pass"])}");
        using var store = new SqlKeyStore(address);
        await WriteAsync(folder, "another");
        await Wait.ForAsync(async () => await RefusalAsync(store, address) == PostgresErrorCodes.InvalidPassword);

        await WriteAsync(folder, "the-first");
        await Wait.ForAsync(async () => await RefusalAsync(store, address) is null);

        await ExecuteAsync(admin, "alter role gateway password 'the-second'");
        await Wait.ForAsync(async () => await RefusalAsync(store, address) == PostgresErrorCodes.InvalidPassword);
        await WriteAsync(folder, "the-second");
        await Wait.ForAsync(async () => await RefusalAsync(store, address) is null);
    }

    private static Task WriteAsync(TemporaryFolder folder, string password) =>
        File.WriteAllTextAsync(folder["pass"], $"*:*:*:gateway:{password}\n", Stop);

    /// <summary>PostgreSQL's code if it refuses a new connection; null if not.</summary>
    private static async Task<string?> RefusalAsync(SqlKeyStore store, LedgerAddress address)
    {
        await using (var pooled = new NpgsqlConnection(address.Postgres))
            NpgsqlConnection.ClearPool(pooled);
        try
        {
            await store.ReadAsync(0, Stop);
            return null;
        }
        catch (NpgsqlException e)
        {
            return e.SqlState ?? "no connection";
        }
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Stop);
    }
}
