using System.Security.Cryptography;
using System.Text;
using Switchyard.Caching;
using Switchyard.Calls;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Caching;

/// <summary>The stored answers, their lifetime, and eviction.</summary>
public sealed class AnswerStoreTests
{
    private readonly TestClock _clock = new();
    private readonly AnswerStore _store;

    public AnswerStoreTests()
    {
        _store = new AnswerStore(_clock);
        _store.Bound(3, 1024 * 1024);
    }

    [Covers("S003-46")]
    [Fact]
    public void An_answer_is_valid_to_the_end_of_its_time_and_after_it_is_a_miss_and_goes()
    {
        Keep("a", ttl: TimeSpan.FromHours(1));

        _clock.Advance(TimeSpan.FromHours(1));
        Assert.True(_store.TryGet(Key("a"), out _));
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.False(_store.TryGet(Key("a"), out _));

        Assert.Equal((0, 1L, 1L, 0L), Counts());
    }

    [Fact]
    public void A_clock_that_is_set_back_lets_nothing_live_longer()
    {
        var clock = new SetClock();
        var store = new AnswerStore(clock);
        store.Bound(3, 1024 * 1024);
        store.Set(Key("a"), AnAnswer("body", clock.GetUtcNow(), TimeSpan.FromHours(1)));
        // From a node whose clock is ahead.
        store.Set(Key("b"), AnAnswer("body", clock.GetUtcNow() + TimeSpan.FromHours(5), TimeSpan.FromHours(1)));

        clock.Set(TimeSpan.FromHours(-5));
        clock.Pass(TimeSpan.FromHours(1));
        Assert.True(store.TryGet(Key("a"), out _));
        Assert.True(store.TryGet(Key("b"), out _));
        clock.Pass(TimeSpan.FromSeconds(1));

        Assert.False(store.TryGet(Key("a"), out _));
        Assert.False(store.TryGet(Key("b"), out _));
    }

    [Covers("S003-47")]
    [Fact]
    public void The_one_used_longest_ago_makes_room_and_reading_is_using()
    {
        Keep("a");
        Keep("b");
        Keep("c");

        Assert.True(_store.TryGet(Key("a"), out _));
        Keep("d");
        Keep("e");

        Assert.Equal([true, false, false, true, true], Has("a", "b", "c", "d", "e"));
    }

    [Covers("S003-47")]
    [Fact]
    public void Replacing_an_answer_evicts_none()
    {
        Keep("a");
        Keep("b");
        Keep("c");

        Keep("a", "another");

        Assert.Equal([true, true, true], Has("a", "b", "c"));
        Assert.True(_store.TryGet(Key("a"), out var kept));
        Assert.Equal("another", Encoding.UTF8.GetString(kept.Body.Span));
    }

    [Fact]
    public void The_bytes_of_all_are_bounded_too_and_one_that_is_too_large_alone_is_not_kept()
    {
        _store.Bound(100, 4096);
        Keep("a", new string('a', 1000));
        Keep("b", new string('b', 1000));
        Keep("c", new string('c', 1000));
        Keep("d", new string('d', 5000));

        Assert.Equal([false, true, true, false], Has("a", "b", "c", "d"));
        Assert.InRange(_store.Read().MemorySizeBytes, 2000, 4096);
    }

    [Covers("S003-48")]
    [Fact]
    public void Statistics_tell_entries_hits_misses_their_share_and_the_memory()
    {
        Assert.Equal(0, _store.Read().HitRate);
        Keep("a", new string('x', 1000));
        _store.TryGet(Key("a"), out _);
        _store.TryGet(Key("a"), out _);
        _store.TryGet(Key("a"), out _);
        _store.TryGet(Key("b"), out _);

        var statistics = _store.Read();

        Assert.Equal((1, 3L, 1L, 0.75), (statistics.TotalEntries, statistics.TotalHits, statistics.TotalMisses, statistics.HitRate));
        Assert.InRange(statistics.MemorySizeBytes, 1000, 2000);
    }

    [Covers("S003-49")]
    [Fact]
    public void Clearing_drops_the_answers_and_the_counts()
    {
        Keep("a");
        _store.TryGet(Key("a"), out _);
        _store.TryGet(Key("b"), out _);

        _store.Clear();

        Assert.Equal((0, 0L, 0L, 0L), Counts());
        Assert.False(_store.TryGet(Key("a"), out _));
    }

    [Covers("S003-52")]
    [Fact]
    public void Smaller_bounds_drop_what_was_used_longest_ago_at_once()
    {
        Keep("a");
        Keep("b");
        Keep("c");

        _store.Bound(1, 1024 * 1024);

        Assert.Equal([false, false, true], Has("a", "b", "c"));
    }

    private (int, long, long, long) Counts()
    {
        var read = _store.Read();
        return (read.TotalEntries, read.TotalHits, read.TotalMisses, read.MemorySizeBytes);
    }

    private bool[] Has(params string[] names) => [.. names.Select(name => _store.TryGet(Key(name), out _))];

    private void Keep(string name, string body = "body", TimeSpan? ttl = null) =>
        _store.Set(Key(name), AnAnswer(body, _clock.GetUtcNow(), ttl ?? TimeSpan.FromHours(1)));

    private static KeptAnswer AnAnswer(string body, DateTimeOffset storedAt, TimeSpan ttl) => new(
        new AnswerHead(KeptForm.Bytes), Encoding.UTF8.GetBytes(body),
        new AnswerSource { Provider = "up", Model = "m", Dropped = [], Usage = default }, Key("content"), storedAt, ttl);

    private static AnswerKey Key(string name) => AnswerKey.From(SHA256.HashData(Encoding.UTF8.GetBytes(name)));

    /// <summary>A clock whose time of day can be set without time passing.</summary>
    private sealed class SetClock : TimeProvider
    {
        private DateTimeOffset _now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        private long _passed = TimeSpan.TicksPerDay;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public void Set(TimeSpan change) => _now += change;

        public void Pass(TimeSpan time) => (_now, _passed) = (_now + time, _passed + time.Ticks);

        public override DateTimeOffset GetUtcNow() => _now;

        public override long GetTimestamp() => _passed;
    }
}
