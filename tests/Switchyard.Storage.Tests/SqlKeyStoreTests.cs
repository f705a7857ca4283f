using Microsoft.Data.Sqlite;
using Switchyard.Identity;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Keys;
using Switchyard.Storage.Migrations;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>Keys and tenants in SQLite and in PostgreSQL.</summary>
public sealed class SqlKeyStoreTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("switchyard-keys-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_row_is_written_changed_and_deleted_each_with_a_higher_revision(bool postgres)
    {
        using var store = new SqlKeyStore(await AddressAsync(postgres));

        Assert.True(await store.WriteAsync(new() { Kind = "key", Name = "ci", Revision = 0, Document = "{\"a\":1}" }, Stop));
        var first = Assert.Single(await store.ReadAsync(0, Stop));
        Assert.True(await store.WriteAsync(first with { Document = "{\"a\":2}" }, Stop));
        var second = Assert.Single(await store.ReadAsync(first.Revision, Stop));
        Assert.True(await store.WriteAsync(second with { Document = null }, Stop));
        var third = Assert.Single(await store.ReadAsync(second.Revision, Stop));

        Assert.Equal(("{\"a\":1}", "{\"a\":2}", null), (first.Document, second.Document, third.Document));
        Assert.True(first.Revision < second.Revision && second.Revision < third.Revision);
        Assert.Empty(await store.ReadAsync(third.Revision, Stop));
        Assert.True(await store.WriteAsync(new() { Kind = "key", Name = "ci", Revision = 0, Document = "{}" }, Stop));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_several_that_write_the_same_row_one_wins(bool postgres)
    {
        var address = await AddressAsync(postgres);
        using var store = new SqlKeyStore(address);
        await store.WriteAsync(new() { Kind = "tenant", Name = "acme", Revision = 0, Document = "{}" }, Stop);
        var row = Assert.Single(await store.ReadAsync(0, Stop));

        var created = await Task.WhenAll(Enumerable.Range(0, 8).Select(number =>
            WriteAsync(address, new() { Kind = "key", Name = "ci", Revision = 0, Document = $"{number}" })));
        var changed = await Task.WhenAll(Enumerable.Range(0, 8).Select(number =>
            WriteAsync(address, row with { Document = $"{number}" })));

        Assert.Single(created, won => won);
        Assert.Single(changed, won => won);
        Assert.Equal(2, (await store.ReadAsync(0, Stop)).Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_later_use_stays_and_other_names_are_no_matter(bool postgres)
    {
        using var store = new SqlKeyStore(await AddressAsync(postgres));
        var noon = new DateTimeOffset(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

        await store.WriteUsesAsync(new Dictionary<string, DateTimeOffset> { ["a"] = noon, ["b"] = noon }, Stop);
        await store.WriteUsesAsync(new Dictionary<string, DateTimeOffset> { ["a"] = noon.AddHours(1), ["b"] = noon.AddHours(-1) }, Stop);

        Assert.Equal(
            new Dictionary<string, DateTimeOffset> { ["a"] = noon.AddHours(1), ["b"] = noon },
            await store.ReadUsesAsync(DateTimeOffset.MinValue, Stop));
        Assert.Equal(new Dictionary<string, DateTimeOffset> { ["a"] = noon.AddHours(1) }, await store.ReadUsesAsync(noon, Stop));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_a_store_that_was_set_back_everything_is_read(bool postgres)
    {
        var address = await AddressAsync(postgres);
        using var store = new SqlKeyStore(address);
        for (var i = 1; i <= 3; i++)
            Assert.True(await store.WriteAsync(new() { Kind = "key", Name = $"k{i}", Revision = 0, Document = "{}" }, Stop));
        var known = (await store.ReadAsync(0, Stop))[^1].Revision;
        await SetBackAsync(address, "delete from identities where revision > 1", "update identity_revision set value = 1");

        Assert.Equal(["k1"], (await store.ReadAsync(known, Stop)).Select(row => row.Name));

        // Also when another gateway has gone on from there.
        Assert.True(await store.WriteAsync(new() { Kind = "key", Name = "k4", Revision = 0, Document = "{}" }, Stop));
        Assert.Equal(["k1", "k4"], (await store.ReadAsync(known, Stop)).Select(row => row.Name));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_store_that_was_set_back_to_its_empty_state_says_so(bool postgres)
    {
        var address = await AddressAsync(postgres);
        using var store = new SqlKeyStore(address);
        Assert.True(await store.WriteAsync(new() { Kind = "key", Name = "k1", Revision = 0, Document = "{}" }, Stop));
        var known = (await store.ReadAsync(0, Stop))[^1].Revision;
        Assert.Empty(await store.ReadAsync(known, Stop));
        await SetBackAsync(address, "delete from identities", "update identity_revision set value = 0");

        Assert.Equal(new KeyStoreRow { Kind = "", Name = "", Revision = 0 }, Assert.Single(await store.ReadAsync(known, Stop)));
        Assert.Empty(await store.ReadAsync(0, Stop));
    }

    [Fact]
    public async Task An_administrator_does_not_wait_half_a_minute_for_a_locked_file()
    {
        var address = await AddressAsync(postgres: false);
        using var admins = new MigratedDatabase(address, null, isOfAdmin: true);
        using var calls = new MigratedDatabase(address, null);

        await using var brief = (SqliteConnection)await admins.OpenAsync(Stop);
        await using var usual = (SqliteConnection)await calls.OpenAsync(Stop);

        Assert.Equal((5, 30), (brief.DefaultTimeout, usual.DefaultTimeout));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static async Task SetBackAsync(LedgerAddress address, params string[] statements)
    {
        using var database = new MigratedDatabase(address, null);
        foreach (var statement in statements)
            await database.RunAsync(statement, Stop);
    }

    private static async Task<bool> WriteAsync(LedgerAddress address, KeyStoreRow row)
    {
        using var store = new SqlKeyStore(address);
        return await store.WriteAsync(row, Stop);
    }

    private async Task<LedgerAddress> AddressAsync(bool postgres)
    {
        if (!postgres)
            return LedgerAddress.Parse($"sqlite:{_directory}/switchyard.db");
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        return LedgerAddress.Parse(await (await PostgresServer.SharedAsync()).NewDatabaseAsync());
    }
}
