using System.Text;
using Switchyard.Storage.Databases;
using Switchyard.Storage.Stored;
using Switchyard.Stored;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>Stored answers, in SQLite and in PostgreSQL.</summary>
public sealed class SqlResponsesTests : IDisposable
{
    private static readonly DateTimeOffset s_noon = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly string _directory = Directory.CreateTempSubdirectory("switchyard-responses-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_conversation_is_read_from_its_last_answer_to_its_first(bool postgres)
    {
        var address = await AddressAsync(postgres);
        using (var before = new SqlResponses(address))
        {
            await AddAsync(before, Turn("resp_1", null, 0), Turn("resp_2", "resp_1", 1), Turn("resp_3", "resp_2", 2));
            await AddAsync(before, Turn("resp_branch", "resp_1", 3), Turn("resp_theirs", "resp_1", 4) with { Holder = "tenant other" });
        }

        using var store = new SqlResponses(address);

        Assert.Equal(["resp_3", "resp_2", "resp_1"], await IdsAsync(store, "resp_3"));
        Assert.Equal(["resp_branch", "resp_1"], await IdsAsync(store, "resp_branch"));
        Assert.Equal(["resp_3", "resp_2"], await IdsAsync(store, "resp_3", most: 2));
        // Another owner's answer cannot be continued, even if a row refers to it.
        Assert.Equal(["resp_theirs"], await IdsAsync(store, "resp_theirs"));
        Assert.Empty(await IdsAsync(store, "resp_unknown"));
        var first = (await store.ChainAsync("resp_1", s_noon, 1, Stop))[0];
        Assert.Equal(
            ("tenant acme", null, "[\"resp_1\"]", "{}", s_noon),
            (first.Holder, first.Previous, Encoding.UTF8.GetString(first.Input.Span), Encoding.UTF8.GetString(first.Answer.Span),
                first.At));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_too_old_or_deleted_is_not_there_and_takes_no_room(bool postgres)
    {
        using var store = new SqlResponses(await AddressAsync(postgres));
        await AddAsync(store, Turn("resp_1", null, 0), Turn("resp_2", "resp_1", 5));

        Assert.Equal(["resp_2"], await IdsAsync(store, "resp_2", since: s_noon.AddMinutes(1)));
        Assert.Empty(await IdsAsync(store, "resp_1", since: s_noon.AddMinutes(1)));
        await store.AddAsync(Turn("resp_late", null, 120), s_noon.AddMinutes(1), Stop);
        Assert.Empty(await IdsAsync(store, "resp_1"));
        await store.RemoveAsync("resp_2", Stop);
        Assert.Empty(await IdsAsync(store, "resp_2"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_id_that_PostgreSQL_cannot_have_is_unknown(bool postgres)
    {
        using var store = new SqlResponses(await AddressAsync(postgres));

        Assert.Empty(await IdsAsync(store, "resp_\0"));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static KeptResponse Turn(string id, string? previous, int minute) => new()
    {
        Id = id,
        Holder = "tenant acme",
        Previous = previous,
        Input = Encoding.UTF8.GetBytes($"[\"{id}\"]"),
        Answer = "{}"u8.ToArray(),
        At = s_noon.AddMinutes(minute),
    };

    private static async Task AddAsync(SqlResponses store, params KeptResponse[] turns)
    {
        foreach (var turn in turns)
            await store.AddAsync(turn, s_noon.AddDays(-30), Stop);
    }

    private static async Task<IEnumerable<string>> IdsAsync(SqlResponses store, string id, int most = 100, DateTimeOffset? since = null) =>
        (await store.ChainAsync(id, since ?? s_noon, most, Stop)).Select(turn => turn.Id);

    private async Task<LedgerAddress> AddressAsync(bool postgres)
    {
        if (!postgres)
            return LedgerAddress.Parse($"sqlite:{_directory}/switchyard.db");
        Assert.SkipWhen(PostgresServer.Missing is not null, PostgresServer.Missing ?? "");
        return LedgerAddress.Parse(await (await PostgresServer.SharedAsync()).NewDatabaseAsync());
    }
}
