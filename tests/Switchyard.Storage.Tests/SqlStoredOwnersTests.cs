using Switchyard.Storage.Databases;
using Switchyard.Storage.Stored;
using Switchyard.Stored;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>The owners of files and batches, in SQLite and in PostgreSQL.</summary>
public sealed class SqlStoredOwnersTests : IDisposable
{
    private static readonly StoredOwner s_file =
        new()
        {
            Id = "file-1",
            Kind = "file",
            Provider = "openai",
            Account = "an-account",
            Holder = "tenant acme",
            At = new DateTimeOffset(2030, 1, 1, 12, 0, 0, TimeSpan.Zero),
        };

    private readonly string _directory = Directory.CreateTempSubdirectory("switchyard-stored-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_owner_is_written_once_found_listed_and_forgotten(bool postgres)
    {
        var address = await AddressAsync(postgres);
        using (var before = new SqlStoredOwners(address))
        {
            await before.AddAsync(s_file, Stop);
            await before.AddAsync(s_file with { Holder = "tenant other" }, Stop);
            await before.AddAsync(s_file with { Id = "file-2", Holder = "tenant other" }, Stop);
            await before.AddAsync(s_file with { Id = "batch_1", Kind = "batch" }, Stop);
        }

        using var store = new SqlStoredOwners(address);

        Assert.Equal(s_file, await store.FindAsync("file-1", Stop));
        Assert.Null(await store.FindAsync("file-3", Stop));
        Assert.Equal(["file-1"], await store.ListAsync("file", "openai", "tenant acme", Stop));
        await store.RemoveAsync("file-1", Stop);
        Assert.Null(await store.FindAsync("file-1", Stop));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_id_that_PostgreSQL_cannot_have_is_unknown(bool postgres)
    {
        using var store = new SqlStoredOwners(await AddressAsync(postgres));

        Assert.Null(await store.FindAsync("file-\0", Stop));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private async Task<LedgerAddress> AddressAsync(bool postgres)
    {
        if (!postgres)
            return LedgerAddress.Parse($"sqlite:{_directory}/switchyard.db");
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        return LedgerAddress.Parse(await (await PostgresServer.SharedAsync()).NewDatabaseAsync());
    }
}
