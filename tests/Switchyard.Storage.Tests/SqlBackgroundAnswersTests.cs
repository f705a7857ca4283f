using Switchyard.Money;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Migrations;
using Switchyard.Storage.Stored;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>The answers that providers make in the background, in SQLite and in PostgreSQL.</summary>
public sealed class SqlBackgroundAnswersTests : IDisposable
{
    private static readonly DateTimeOffset s_at = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan s_again = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(1);

    private static readonly BackgroundRecord s_owner = new()
    {
        Id = "resp_1",
        Provider = "openai",
        Account = "an-account",
        Model = "o3-deep-research",
        Holder = "tenant acme",
        At = s_at,
    };

    private static readonly BackgroundRecord s_owed = s_owner with
    {
        Owed = SomeEntry.Finished(s_at) with { Attempt = 1, Tag = "eu", EndUser = "u-1", Session = "s-1", Key = "ci", Tenant = "acme" },
        ServiceTier = "flex",
        Accounts = [("total", null), ("users", "u-1")],
    };

    private static readonly string[] s_none = [];

    private readonly string _directory = Directory.CreateTempSubdirectory("switchyard-background-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_has_one_owner_and_is_owed_until_it_is_closed(bool postgres)
    {
        var address = await AddressAsync(postgres);
        using (var before = new SqlBackgroundAnswers(address))
        {
            await before.AddAsync(s_owner, s_at, Stop);
            await before.AddAsync(s_owed with { Holder = "tenant other" }, s_at, Stop);
            Assert.Null((await before.FindAsync("resp_1", Stop))!.Owed);
            await before.AddAsync(s_owed, s_at + s_again, Stop);
            await before.AddAsync(s_owner, s_at, Stop);
        }

        using var store = new SqlBackgroundAnswers(address);
        var found = await store.FindAsync("resp_1", Stop);

        Assert.Equal(s_owner, found! with { Owed = null, ServiceTier = null, Accounts = s_owner.Accounts });
        Assert.Equal(s_owed.Owed! with { Budgets = s_none }, found.Owed! with { Budgets = s_none });
        Assert.Equal("flex", found.ServiceTier);
        Assert.Equal(s_owed.Accounts, found.Accounts);
        Assert.Null(await store.FindAsync("resp_2", Stop));
        await store.CloseAsync("resp_1", Stop);
        Assert.Null((await store.FindAsync("resp_1", Stop))!.Owed);
        Assert.Empty(await store.TakeDueAsync(s_at + s_longest, s_again, s_longest, 20, [], Stop));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_that_is_due_is_taken_by_one_and_is_due_again_after_twice_as_long_each_time(bool postgres)
    {
        var address = await AddressAsync(postgres);
        using var one = new SqlBackgroundAnswers(address);
        using var two = new SqlBackgroundAnswers(address);
        for (var i = 0; i < 30; i++)
            await one.AddAsync(s_owed with { Id = $"resp_{i}" }, s_at, Stop);
        await one.AddAsync(s_owner with { Id = "resp_of_an_owner" }, s_at, Stop);
        Assert.Empty(await one.TakeDueAsync(s_at.AddMilliseconds(-1), s_again, s_longest, 20, [], Stop));

        var taken = await Task.WhenAll(new[] { one, two, one, two }.Select(store => Task.Run(
            () => store.TakeDueAsync(s_at, s_again, s_longest, 20, [], Stop), Stop)));
        var rest = await two.TakeDueAsync(s_at, s_again, s_longest, 20, [], Stop);

        var ids = taken.Append(rest).SelectMany(part => part).Select(answer => answer.Id).ToList();
        Assert.Equal((30, 30), (ids.Count, ids.Distinct().Count()));
        var (now, pause) = (s_at, s_again);
        for (var times = 0; times < 70; times++)
        {
            Assert.Empty(await one.TakeDueAsync(now + pause - TimeSpan.FromMilliseconds(1), s_again, s_longest, 40, [], Stop));
            now += pause;
            Assert.Equal(30, (await one.TakeDueAsync(now, s_again, s_longest, 40, [], Stop)).Count);
            pause = pause + pause < s_longest ? pause + pause : s_longest;
        }
    }

    /// <summary>A call waits for one second to record an answer, and every minute each gateway searches for those that are due.</summary>
    [Fact]
    public async Task While_another_writer_has_the_file_a_search_finds_that_none_is_due_and_nothing_blocks_its_caller()
    {
        var address = await AddressAsync(postgres: false);
        using var store = new SqlBackgroundAnswers(address);
        await store.AddAsync(s_owner, s_at, Stop);
        using var database = new MigratedDatabase(address, null);
        await using var connection = await database.OpenAsync(Stop);
        Task adding;
        await using (await connection.BeginTransactionAsync(Stop))
        {
            Assert.Empty(await store.TakeDueAsync(s_at, s_again, s_longest, 20, [], Stop));
            adding = store.AddAsync(s_owed, s_at, Stop);
            Assert.False(adding.IsCompleted);
        }

        await adding;
        Assert.Equal("resp_1", Assert.Single(await store.TakeDueAsync(s_at, s_again, s_longest, 20, [], Stop)).Id);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_id_that_PostgreSQL_cannot_have_is_unknown(bool postgres)
    {
        using var store = new SqlBackgroundAnswers(await AddressAsync(postgres));

        Assert.Null(await store.FindAsync("resp_\0", Stop));
    }

    /// <summary>A client may write such a model name, and a lenient provider accepts it. Without this it would be tried for ever.</summary>
    [Fact]
    public async Task An_answer_that_PostgreSQL_cannot_have_is_refused_for_its_content_and_the_message_repeats_none_of_it()
    {
        using var store = new SqlBackgroundAnswers(await AddressAsync(postgres: true));

        var refused = await Assert.ThrowsAsync<ArgumentException>(
            () => store.AddAsync(s_owed with { Model = "a-model\0" }, s_at, Stop));

        Assert.Contains("22021", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("a-model", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_answers_of_providers_that_are_left_out_stay_due(bool postgres)
    {
        using var store = new SqlBackgroundAnswers(await AddressAsync(postgres));
        foreach (var provider in (string[])["openai", "slow", "slower"])
            await store.AddAsync(s_owed with { Id = $"resp_{provider}", Provider = provider }, s_at, Stop);

        var taken = await store.TakeDueAsync(s_at, s_again, s_longest, 20, ["slow", "slower"], Stop);
        var rest = await store.TakeDueAsync(s_at, s_again, s_longest, 20, ["openai"], Stop);

        Assert.Equal("resp_openai", Assert.Single(taken).Id);
        Assert.Equal(["resp_slow", "resp_slower"], rest.Select(answer => answer.Id).Order(StringComparer.Ordinal));
        Assert.Empty(await store.TakeDueAsync(s_at, s_again, s_longest, 20, ["slow"], Stop));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_old_answer_is_deleted_with_its_claim_and_reported_if_it_is_still_owed(bool postgres)
    {
        var address = await AddressAsync(postgres);
        using var store = new SqlBackgroundAnswers(address);
        await store.AddAsync(s_owed, s_at, Stop);
        await store.AddAsync(s_owner with { Id = "resp_2" }, s_at, Stop);
        await store.AddAsync(s_owed with { Id = "resp_3", At = s_at.AddDays(1) }, s_at, Stop);
        using var database = new MigratedDatabase(address, null);
        foreach (var claim in (string[])[s_owed.Claim, "background|openai|resp_3", "batch|openai|resp_1"])
            await database.RunAsync("insert into claims (name, claimed) values (@name, 1)", Stop, ("@name", claim));

        Assert.Empty(await store.DeleteAsync(s_at, Stop));
        Assert.Equal("resp_1", Assert.Single(await store.DeleteAsync(s_at.AddDays(1), Stop)).Id);

        Assert.Null(await store.FindAsync("resp_1", Stop));
        Assert.Null(await store.FindAsync("resp_2", Stop));
        Assert.NotNull(await store.FindAsync("resp_3", Stop));
        var claims = new List<string>();
        await using var connection = await database.OpenAsync(Stop);
        await using var command = MigratedDatabase.Command(connection, null, "select name from claims order by name");
        await using var reader = await command.ExecuteReaderAsync(Stop);
        while (await reader.ReadAsync(Stop))
            claims.Add(reader.GetString(0));
        Assert.Equal(["background|openai|resp_3", "batch|openai|resp_1"], claims);
    }

    private async Task<LedgerAddress> AddressAsync(bool postgres)
    {
        if (!postgres)
            return LedgerAddress.Parse($"sqlite:{_directory}/switchyard.db");
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        return LedgerAddress.Parse(await (await PostgresServer.SharedAsync()).NewDatabaseAsync());
    }
}
