using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Testing;
using Switchyard.Storage.Redis;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>A gateway with a Redis that is available, unavailable, or silent.</summary>
public sealed class RedisLinkTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task An_operation_yields_what_Redis_answers()
    {
        Assert.SkipWhen(RedisServer.Missing is not null, RedisServer.Missing ?? "");
        var redis = await RedisServer.SharedAsync();
        await using var link = Link(redis.Address);
        var key = Guid.NewGuid().ToString();
        Assert.True(await link.TryAsync(database => database.StringSetAsync(key, "1"), s_patience));
        Assert.Equal("1", (string?)await link.TryAsync(database => database.StringGetAsync(key), s_patience));
        Assert.False(link.IsAway);
    }

    [Fact]
    public async Task Without_an_address_there_is_nothing_to_ask()
    {
        await using var link = Link(null);
        Assert.False(link.IsConfigured);
        Assert.False(await link.TryAsync(_ => Task.FromResult(true), s_patience));
    }

    [Fact]
    public async Task A_silent_Redis_is_away_after_three_operations_and_is_not_asked_then()
    {
        Assert.SkipWhen(RedisServer.Missing is not null, RedisServer.Missing ?? "");
        await using var redis = await RedisServer.StartAsync();
        await using var link = Link(redis.Address);
        Assert.NotEqual(default, await link.TryAsync(database => database.PingAsync(), s_patience));
        redis.Freeze();
        for (var i = 0; i < 3; i++)
            Assert.Equal(default, await link.TryAsync(database => database.PingAsync(), TimeSpan.FromMilliseconds(5)));
        Assert.True(link.IsAway);
        var asked = 0;
        await link.TryAsync(
            _ =>
            {
                asked++;
                return Task.FromResult(true);
            },
            s_patience);
        Assert.Equal(0, asked);
    }

    [Fact]
    public async Task A_Redis_that_comes_back_empty_is_used_again()
    {
        Assert.SkipWhen(RedisServer.Missing is not null, RedisServer.Missing ?? "");
        await using var redis = await RedisServer.StartAsync();
        await using var link = Link(redis.Address);
        Assert.NotEqual(default, await link.TryAsync(database => database.PingAsync(), s_patience));
        await redis.KillAsync();
        while (!link.IsAway)
            await link.TryAsync(database => database.PingAsync(), TimeSpan.FromMilliseconds(50));
        await redis.RestartAsync();
        while (link.IsAway)
        {
            await link.TryAsync(database => database.PingAsync(), s_patience);
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task A_Redis_that_refuses_to_write_cannot_count_and_its_reason_is_said()
    {
        Assert.SkipWhen(RedisServer.Missing is not null, RedisServer.Missing ?? "");
        await using var redis = await RedisServer.StartAsync();
        var log = new FakeLogger<RedisLink>();
        await using var link = new RedisLink(redis.Address, TimeProvider.System, log);
        var limits = new RedisLimits(link);
        Assert.NotNull(await limits.ExchangeAsync("a-0", [], s_patience, s_patience));
        // No more memory, and nothing that may be dropped for it; reading goes on.
        await redis.SetAsync("maxmemory", "1");

        for (var i = 0; i < 3; i++)
            Assert.Null(await limits.ExchangeAsync("a-0", [], s_patience, s_patience));

        Assert.True(link.IsAway);
        Assert.Contains("Redis is unavailable (OOM command)", Assert.Single(log.Collector.GetSnapshot()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_client_does_not_send_at_all_has_failed_too()
    {
        Assert.SkipWhen(RedisServer.Missing is not null, RedisServer.Missing ?? "");
        await using var link = Link((await RedisServer.SharedAsync()).Address);

        Assert.False(await link.TryAsync<bool>(
            static _ => throw new StackExchange.Redis.RedisCommandException("Not on this server."), s_patience));

        Assert.Equal(1, link.Failures);
    }

    [Theory]
    [InlineData("redis://user:secret@cache.example:6380/2", "cache.example:6380")]
    [InlineData("cache.example", "cache.example:6379")]
    [InlineData("rediss://[::1]", "[::1]:6379")]
    public async Task Addresses_are_read_and_shown_without_their_password(string address, string shown)
    {
        await using var link = Link(address);
        Assert.EndsWith(shown, link.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", link.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_address_is_refused() =>
        Assert.Throws<FormatException>(() => Link("http://cache.example"));

    private static RedisLink Link(string? address) => new(address, TimeProvider.System, NullLogger<RedisLink>.Instance);
}
