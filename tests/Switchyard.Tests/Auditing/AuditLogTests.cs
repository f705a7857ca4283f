using Switchyard.Auditing;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Auditing;

/// <summary>The audit log: a chain in which every change is detected.</summary>
public sealed class AuditLogTests
{
    private readonly TestClock _clock = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Entries_are_numbered_chained_and_read_the_newest_first()
    {
        using var log = LogOf(new FakeStore());
        foreach (var target in (string[])["a", "b", "c"])
            await log.RecordAsync(Fact(target));

        var page = await log.ListAsync(null, 2, Stop);
        var rest = await log.ListAsync(page[^1].Number, 2, Stop);
        var verdict = await log.VerifyAsync(Stop);

        Assert.Equal(["c", "b", "a"], page.Concat(rest).Select(entry => entry.Fact.Target));
        Assert.Equal([3L, 2, 1], page.Concat(rest).Select(entry => entry.Number));
        Assert.Equal(page[1].Hash, page[0].Previous);
        Assert.Equal(new AuditVerdict { IsWhole = true, Entries = 3, LastHash = page[0].Hash }, verdict);
    }

    [Theory]
    [InlineData("changed", 2)]
    [InlineData("changed with a new hash", 3)]
    [InlineData("taken out", 3)]
    [InlineData("the first taken out", 2)]
    [InlineData("swapped", 2)]
    [InlineData("put in", 3)]
    public async Task The_first_entry_that_was_tampered_with_is_named(string how, long first)
    {
        var store = new FakeStore();
        using var log = LogOf(store);
        foreach (var target in (string[])["a", "b", "c", "d"])
            await log.RecordAsync(Fact(target));

        var forged = store.Entries[1] with { Fact = Fact("forged") };
        switch (how)
        {
            case "changed": store.Entries[1] = forged; break;
            case "changed with a new hash": store.Entries[1] = forged with { Hash = forged.ComputeHash() }; break;
            case "taken out": store.Entries.RemoveAt(1); break;
            case "the first taken out": store.Entries.RemoveAt(0); break;
            case "swapped":
                (store.Entries[1], store.Entries[2]) = (store.Entries[2] with { Number = 2 }, store.Entries[1] with { Number = 3 });
                break;
            default: store.Entries.Insert(2, AuditEntry.After(store.Entries[1], Fact("put in"), _clock.GetUtcNow())); break;
        }

        var verdict = await log.VerifyAsync(Stop);

        // Of two entries with the same number, the second one breaks the chain.
        Assert.Equal((false, how == "put in" ? 3 : first), (verdict.IsWhole, verdict.FirstBroken));
        Assert.NotNull(verdict.Problem);
    }

    [Fact]
    public async Task A_store_that_is_away_loses_no_entry_and_stops_no_change()
    {
        var store = new FakeStore { IsAway = true };
        using var log = LogOf(store);
        await log.RecordAsync(Fact("a"));
        await Assert.ThrowsAsync<AuditException>(() => log.ListAsync(null, 10, Stop));

        store.IsAway = false;
        await log.RecordAsync(Fact("b"));

        Assert.Equal(["b", "a"], (await log.ListAsync(null, 10, Stop)).Select(entry => entry.Fact.Target));
        Assert.True((await log.VerifyAsync(Stop)).IsWhole);
    }

    [Fact]
    public async Task Without_a_store_the_last_entries_are_kept_in_memory_and_verified_as_far_as_they_go()
    {
        var store = new MemoryAuditStore(capacity: 3);
        for (var i = 0; i < 10; i++)
            await store.AppendAsync(last => [AuditEntry.After(last, Fact($"{i}"), _clock.GetUtcNow())], Stop);
        using var log = LogOf(null);
        await log.RecordAsync(Fact("a"));

        Assert.Equal([8L, 9, 10], (await store.ReadAfterAsync(0, 10, Stop)).Select(entry => entry.Number));
        Assert.False(log.IsKept);
        Assert.True((await log.VerifyAsync(Stop)).IsWhole);
    }

    [Theory]
    [InlineData("""{"name":"ci","key":"sk-1","limits":{"rpm":5}}""", """{"name":"ci","key":"***","limits":{"rpm":5}}""")]
    [InlineData("""{"providers.openai.key":"sk-1","cache.ttl":"5m"}""", """{"providers.openai.key":"***","cache.ttl":"5m"}""")]
    [InlineData("""{"headers":{"authorization":"Bearer x","x-team":"y"}}""", """{"headers":{"authorization":"***","x-team":"***"}}""")]
    [InlineData("""{"keys":[{"key":"a"}],"api_key":"b","max_tokens":5}""", """{"keys":[{"key":"***"}],"api_key":"***","max_tokens":5}""")]
    [InlineData("""{"webhook_secret":null,"secret":{"secret":"name"}}""", """{"webhook_secret":null,"secret":{"secret":"***"}}""")]
    [InlineData("""{"storage":{"redis":"redis://:pw@host"},"storage.ledger":"postgres://u:pw@host/d"}""",
        """{"storage":{"redis":"***"},"storage.ledger":"***"}""")]
    [InlineData("""{"admin":{"keys":{"ci":{"key":"sixteen-letters","role":"viewer"}}}}""",
        """{"admin":{"keys":{"ci":{"key":"***","role":"viewer"}}}}""")]
    [InlineData("not json", "(no JSON)")]
    [InlineData("", null)]
    public void What_was_to_be_set_is_kept_without_secrets(string body, string? kept) =>
        Assert.Equal(kept, AuditMask.Of(System.Text.Encoding.UTF8.GetBytes(body)));

    private AuditLog LogOf(IAuditStore? store) => new(store, _clock);

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
            RequestId = "request-1",
        };

    private sealed class FakeStore : IAuditStore
    {
        public List<AuditEntry> Entries { get; } = [];

        public bool IsAway { get; set; }

        public Task AppendAsync(Func<AuditEntry?, IReadOnlyList<AuditEntry>> make, CancellationToken cancellationToken)
        {
            if (IsAway)
                throw new IOException("away");
            Entries.AddRange(make(Entries.LastOrDefault()));
            return Task.CompletedTask;
        }

        public Task<IReadOnlyList<AuditEntry>> ReadAfterAsync(long number, int limit, CancellationToken cancellationToken) => IsAway
            ? throw new IOException("away")
            // By position, because a database may contain any entries.
            : Task.FromResult<IReadOnlyList<AuditEntry>>([.. Entries.Where(entry => entry.Number > number).Take(limit)]);

        public Task<IReadOnlyList<AuditEntry>> ReadBeforeAsync(long number, int limit, CancellationToken cancellationToken) => IsAway
            ? throw new IOException("away")
            : Task.FromResult<IReadOnlyList<AuditEntry>>(
                [.. Entries.Where(entry => entry.Number < number).OrderByDescending(entry => entry.Number).Take(limit)]);
    }
}
