using Microsoft.Extensions.DependencyInjection;
using Switchyard.Configuration.Runtime;
using Switchyard.Engine;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Migrations;
using Switchyard.Storage.Settings;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>The run-time configuration, in SQLite and in PostgreSQL.</summary>
public sealed class SqlConfigurationStoreTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("switchyard-configuration-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_version_is_written_once_and_only_as_the_next_one(bool postgres)
    {
        var address = LedgerAddress.Parse(await LedgerAsync(postgres));
        using var store = new SqlConfigurationStore(address);

        Assert.False(await store.WriteAsync(Version(2), Stop));
        var won = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => WriteAsync(address, Version(1) with { Who = $"{i}" })));
        Assert.Single(won, one => one);
        Assert.True(await store.WriteAsync(Version(2), Stop));

        Assert.Equal([1, 2], (await store.ReadAsync(0, Stop)).Select(version => version.Version));
        Assert.Equal(Version(2), Assert.Single(await store.ReadAsync(1, Stop)));
        Assert.Empty(await store.ReadAsync(2, Stop));
    }

    [Fact]
    public async Task Versions_older_than_the_history_is_long_are_dropped()
    {
        using var store = new SqlConfigurationStore(LedgerAddress.Parse(await LedgerAsync(postgres: false)));
        for (var i = 1; i <= RuntimeConfiguration.HistoryLength + 3; i++)
            Assert.True(await store.WriteAsync(Version(i), Stop));

        var kept = await store.ReadAsync(0, Stop);
        Assert.Equal((RuntimeConfiguration.HistoryLength, 4), (kept.Count, kept[0].Version));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_a_store_that_was_set_back_everything_is_read(bool postgres)
    {
        var address = LedgerAddress.Parse(await LedgerAsync(postgres));
        using var store = new SqlConfigurationStore(address);
        for (var i = 1; i <= 3; i++)
            Assert.True(await store.WriteAsync(Version(i), Stop));
        using (var database = new MigratedDatabase(address, null))
            await database.RunAsync("delete from configuration_versions where version > 1", Stop);

        Assert.Equal([1], (await store.ReadAsync(3, Stop)).Select(version => version.Version));

        Assert.True(await store.WriteAsync(Version(2), Stop));
        Assert.Equal([1, 2], (await store.ReadAsync(3, Stop)).Select(version => version.Version));

        using (var database = new MigratedDatabase(address, null))
            await database.RunAsync("delete from configuration_versions", Stop);
        var emptied = Assert.Single(await store.ReadAsync(2, Stop));
        Assert.Equal((0L, ""), (emptied.Version, emptied.Document));
        Assert.Empty(await store.ReadAsync(0, Stop));
    }

    [Fact]
    public async Task PostgreSQL_tells_who_waits()
    {
        var address = LedgerAddress.Parse(await LedgerAsync(postgres: true));
        using var store = new SqlConfigurationStore(address);
        await store.ReadAsync(0, Stop);
        var told = store.WaitAsync(Stop);
        // A notification sent before the other connection listens is missed.
        for (var i = 1; !told.IsCompleted; i++)
        {
            Assert.True(await WriteAsync(address, Version(i)));
            await Task.WhenAny(told, Task.Delay(100, Stop));
        }

        await told;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_set_outlives_an_engine(bool postgres)
    {
        var ledger = await LedgerAsync(postgres);
        await using (var first = await StartAsync(ledger, "one"))
            await UpdateAsync(first, "routing.strategy", "cost");

        await using var second = await StartAsync(ledger, "one");
        Assert.Equal("cost", Engine(second).Options.Routing.Strategy);
        Assert.Equal("alice", Assert.Single(Engine(second).Configuration.GetHistory()).Who);
    }

    [Fact]
    public async Task A_second_engine_follows_the_first()
    {
        var ledger = await LedgerAsync(postgres: true);
        await using var one = await StartAsync(ledger, "one");
        await using var two = await StartAsync(ledger, "two");
        var followed = new TaskCompletionSource();
        Engine(two).Configuration.Changed += (_, _) => followed.TrySetResult();

        await UpdateAsync(one, "routing.strategy", "cost");
        await followed.Task.WaitAsync(TimeSpan.FromSeconds(30), Stop);

        Assert.Equal("cost", Engine(two).Options.Routing.Strategy);
        await UpdateAsync(two, "strict", "true");
        Assert.Equal(2, Engine(two).Configuration.Version);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static StoredConfiguration Version(long number) =>
        new()
        {
            Version = number,
            At = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000 + number),
            Who = "alice",
            Action = "update",
            Document = "{}",
        };

    private static async Task<bool> WriteAsync(LedgerAddress address, StoredConfiguration version)
    {
        using var store = new SqlConfigurationStore(address);
        return await store.WriteAsync(version, Stop);
    }

    private static SwitchyardEngine Engine(ServiceProvider services) => services.GetRequiredService<SwitchyardEngine>();

    private static Task<ConfigurationVersion> UpdateAsync(ServiceProvider services, string key, string value) =>
        Engine(services).Configuration.UpdateAsync(new Dictionary<string, string?> { [key] = value }, "alice", cancellationToken: Stop);

    private async Task<ServiceProvider> StartAsync(string ledger, string name)
    {
        var services = new ServiceCollection();
        services.AddSwitchyard(options =>
        {
            options.Providers["mock"] = new();
            options.Storage.Ledger = ledger;
            options.Storage.Journal = $"{_directory}/{name}-journal.db";
        }).AddSwitchyardStorage();
        var provider = services.BuildServiceProvider();
        await Engine(provider).StartAsync(Stop);
        return provider;
    }

    private async Task<string> LedgerAsync(bool postgres)
    {
        if (!postgres)
            return $"sqlite:{_directory}/switchyard.db";
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        return await (await PostgresServer.SharedAsync()).NewDatabaseAsync();
    }
}
