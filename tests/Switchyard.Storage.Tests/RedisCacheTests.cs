using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Calls;
using Switchyard.Client;
using Switchyard.Engine;
using Switchyard.Storage.Redis;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>The part of their caches that several gateways share, with a real Redis.</summary>
public sealed class RedisCacheTests
{
    private static readonly ChatMessage[] s_hello = [new(ChatRole.User, $"Hello {Guid.NewGuid()}")];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Covers("S003-123")]
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_one_gateway_was_answered_another_gives_out_and_no_other_callers_get_it(bool stream)
    {
        Assert.SkipWhen(RedisServer.Missing is not null, RedisServer.Missing ?? "");
        await using var redis = await RedisServer.StartAsync();
        await using var one = Node(redis.Address);
        await using var two = Node(redis.Address);

        Assert.Equal("miss", await AskAsync(one, stream));
        await Wait.ForAsync(async () => await CountAsync(redis) == 1);

        Assert.Equal("hit", await AskAsync(two, stream));
        Assert.Equal("hit", await AskAsync(two, stream));
        Assert.Equal("miss", await AskAsync(two, stream, tenant: "another"));
        Assert.Equal(2, two.GetRequiredService<SwitchyardEngine>().Cache.Statistics.TotalHits);
    }

    [Fact]
    public async Task Clearing_and_dropping_reach_what_is_shared()
    {
        Assert.SkipWhen(RedisServer.Missing is not null, RedisServer.Missing ?? "");
        await using var redis = await RedisServer.StartAsync();
        await using var one = Node(redis.Address);
        await AskAsync(one, stream: false);
        await Wait.ForAsync(async () => await CountAsync(redis) == 1);

        Assert.True(await ClientOf(one).InvalidateAsync(s_hello, cancellationToken: Token));
        await Wait.ForAsync(async () => await CountAsync(redis) == 0);
        await AskAsync(one, stream: false);
        await AskAsync(one, stream: true);
        await Wait.ForAsync(async () => await CountAsync(redis) == 2);
        one.GetRequiredService<SwitchyardEngine>().Cache.Clear();
        await Wait.ForAsync(async () => await CountAsync(redis) == 0);
    }

    [Fact]
    public async Task A_key_that_one_gateway_has_answered_is_answered_so_by_another()
    {
        Assert.SkipWhen(RedisServer.Missing is not null, RedisServer.Missing ?? "");
        await using var redis = await RedisServer.StartAsync();
        await using var one = Node(redis.Address);
        await using var two = Node(redis.Address);

        Assert.Equal("miss", await AskAsync(one, stream: false, key: "k-1"));
        await Wait.ForAsync(async () => await CountAsync(redis) == 2);

        Assert.Equal("replay", await AskAsync(two, stream: false, key: "k-1"));
    }

    [Fact]
    public async Task With_Redis_away_or_silent_each_goes_on_with_its_own_and_waits_for_nothing()
    {
        Assert.SkipWhen(RedisServer.Missing is not null, RedisServer.Missing ?? "");
        await using var redis = await RedisServer.StartAsync();
        await using var node = Node(redis.Address, TimeProvider.System);
        // To connect may take longer than a write waits for it.
        await node.GetRequiredService<RedisLink>().TryAsync(database => database.PingAsync(), TimeSpan.FromSeconds(30));
        await AskAsync(node, stream: false);
        await Wait.ForAsync(async () => await CountAsync(redis) > 0);

        redis.Freeze();
        for (var i = 0; i < 5; i++)
            Assert.Equal("miss", await AskAsync(node, stream: false, text: $"silent {i}"));
        Assert.True(node.GetRequiredService<RedisLink>().IsAway);
        Assert.Equal("hit", await AskAsync(node, stream: false, text: "silent 4"));
        redis.Thaw();
        await redis.KillAsync();
        Assert.Equal("miss", await AskAsync(node, stream: false, text: "gone"));
        Assert.Equal("hit", await AskAsync(node, stream: false, text: "gone"));
    }

    [Fact]
    public async Task What_is_no_answer_is_not_given_out()
    {
        Assert.SkipWhen(RedisServer.Missing is not null, RedisServer.Missing ?? "");
        await using var redis = await RedisServer.StartAsync();
        await using var one = Node(redis.Address);
        await AskAsync(one, stream: false);
        await Wait.ForAsync(async () => await CountAsync(redis) == 1);
        await using (var link = Link(redis.Address))
        {
            await link.TryAsync(
                async database =>
                {
                    foreach (var key in database.Multiplexer.GetServers()[0].Keys())
                        await database.StringSetAsync(key, "spoilt");
                    return true;
                },
                TimeSpan.FromSeconds(30));
        }

        await using var two = Node(redis.Address);

        Assert.Equal("miss", await AskAsync(two, stream: false));
    }

    /// <summary>A gateway's engine with the mock as its provider.</summary>
    /// <param name="redis">The address of Redis.</param>
    /// <param name="time">
    /// Its clock. With one that stands still the gateway waits for Redis as long as it takes, and not only the 20 ms that a call would.
    /// </param>
    private static ServiceProvider Node(string redis, TimeProvider? time = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(time ?? new TestClock());
        services.AddSwitchyard(options =>
        {
            options.AutoEnable = false;
            options.Providers["mock"] = new();
            options.Storage.Redis = redis;
            options.Cache = new() { Shared = "redis" };
            options.Idempotency.Shared = "redis";
        }).AddSwitchyardStorage();
        return services.BuildServiceProvider();
    }

    private static SwitchyardChatClient ClientOf(ServiceProvider node) => new(node.GetRequiredService<SwitchyardEngine>());

    private static async Task<string?> AskAsync(
        ServiceProvider node, bool stream, string? tenant = null, string? text = null, string? key = null)
    {
        var options = new ChatOptions { AdditionalProperties = [] };
        if (tenant is not null)
            options.AdditionalProperties[AnswerFacts.Tenant] = tenant;
        if (key is not null)
            options.AdditionalProperties[AnswerFacts.IdempotencyKey] = key;
        ChatMessage[] messages = text is null ? s_hello : [new(ChatRole.User, text)];
        if (!stream)
            return Said((await ClientOf(node).GetResponseAsync(messages, options, Token)).AdditionalProperties);
        string? said = null;
        await foreach (var update in ClientOf(node).GetStreamingResponseAsync(messages, options, Token))
            said ??= Said(update.AdditionalProperties);
        return said;
    }

    private static string? Said(AdditionalPropertiesDictionary? properties) =>
        properties is not null && properties.TryGetValue(AnswerFacts.Cache, out var said) ? (string?)said : null;

    private static RedisLink Link(string address) => new(address, TimeProvider.System, NullLogger<RedisLink>.Instance);

    private static async Task<long> CountAsync(RedisServer redis)
    {
        await using var link = Link(redis.Address);
        return await link.TryAsync(
            database => database.Multiplexer.GetServers()[0].DatabaseSizeAsync(), TimeSpan.FromSeconds(30));
    }
}
