using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Limits;
using Switchyard.Storage.Redis;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Storage.Tests;

/// <summary>Several gateways that count their limits in one real Redis.</summary>
public sealed class SharedLimitTests
{
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);
    // Calls would not wait that long; but these tests are about counting, possibly on busy machines.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(20);

    [Fact]
    public async Task Three_gateways_together_let_as_much_through_as_the_limit_and_hardly_less()
    {
        Assert.SkipWhen(RedisServer.Missing is not null, RedisServer.Missing ?? "");
        await using var redis = await RedisServer.StartAsync();
        await using var one = await Node.StartAsync(redis, Thousand());
        await using var two = await Node.StartAsync(redis, Thousand());
        // One that joins while the others send calls.
        var working = Task.WhenAll(one.AskAsync(600), two.AskAsync(600));
        await using var three = await Node.StartAsync(redis, Thousand());

        var through = (await working).Sum() + await three.AskAsync(600);

        // A gateway returns an unused advance within seconds.
        for (var i = 0; i < 1200 && through < 990; i++)
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
            through += await three.AskAsync(20);
        }

        Assert.InRange(through, 990, 1000);
        Assert.InRange(through + await one.AskAsync(100) + await two.AskAsync(100), 990, 1000);
        // A gateway knows of the others by the last answer that it got.
        await Wait.ForAsync(async () =>
        {
            await three.AskAsync(1);
            return three.Engine.Limits.Nodes == 3;
        });
    }

    [Fact]
    public async Task What_another_gateway_has_used_counts_as_used_here()
    {
        Assert.SkipWhen(RedisServer.Missing is not null, RedisServer.Missing ?? "");
        await using var redis = await RedisServer.StartAsync();
        await using var one = await Node.StartAsync(redis, Thousand());
        await using var two = await Node.StartAsync(redis, Thousand());

        Assert.Equal(600, await one.AskAsync(600));
        Assert.Equal(1, await two.AskAsync(1));

        Assert.InRange(two.Engine.Limits.GetStatus("mock")!.RequestCount, 601, 1000);
    }

    [Fact]
    public async Task Far_from_the_limit_Redis_is_asked_for_less_than_a_tenth_of_the_calls()
    {
        Assert.SkipWhen(RedisServer.Missing is not null, RedisServer.Missing ?? "");
        await using var redis = await RedisServer.StartAsync();
        await using var one = await Node.StartAsync(redis, new() { RequestsPerMinute = 1_000_000, TokensPerMinute = 100_000_000 });
        await using var two = await Node.StartAsync(redis, new() { RequestsPerMinute = 1_000_000, TokensPerMinute = 100_000_000 });

        var through = await Task.WhenAll(one.AskAsync(1500), two.AskAsync(1500));

        Assert.Equal(3000, through.Sum());
        Assert.InRange(one.Store.Exchanges + two.Store.Exchanges, 1, 300);
    }

    [Fact]
    public async Task A_silent_Redis_holds_no_call_up_and_each_goes_on_with_its_share_until_it_is_back()
    {
        Assert.SkipWhen(RedisServer.Missing is not null, RedisServer.Missing ?? "");
        await using var redis = await RedisServer.StartAsync();
        await using var one = await Node.StartAsync(redis, Thousand(), TimeProvider.System);
        await using var two = await Node.StartAsync(redis, Thousand(), TimeProvider.System);
        await Task.WhenAll(one.AskAsync(10), two.AskAsync(10));
        // Each knows the other once both have contacted Redis.
        while (one.Engine.Limits.Nodes < 2 || two.Engine.Limits.Nodes < 2)
            await Task.WhenAll(one.AskAsync(5), two.AskAsync(5), Task.Delay(50, TestContext.Current.CancellationToken));

        (one.Store.Patience, two.Store.Patience) = (s_short, s_short);
        redis.Freeze();
        while (!one.Engine.Limits.IsAlone || !two.Engine.Limits.IsAlone)
            await Task.WhenAll(one.AskAsync(1), two.AskAsync(1), Task.Delay(10, TestContext.Current.CancellationToken));
        var asked = one.Store.FromCalls + two.Store.FromCalls;
        await Task.WhenAll(one.AskAsync(700), two.AskAsync(700));

        // No call asks Redis any more, and together they let no more through than the limit.
        Assert.Equal(asked, one.Store.FromCalls + two.Store.FromCalls);
        var (first, second) = (one.Engine.Limits.GetStatus("mock")!.RequestCount, two.Engine.Limits.GetStatus("mock")!.RequestCount);
        Assert.InRange(first + second, 900, 1000);
        Assert.InRange(first, 400, 600);

        redis.Thaw();
        while (one.Engine.Limits.IsAlone || two.Engine.Limits.IsAlone)
            await Task.Delay(20, TestContext.Current.CancellationToken);
        // The calls let through without Redis are reported to it, so that nothing is left.
        await using var three = await Node.StartAsync(redis, Thousand());
        while (await three.AskAsync(1) > 0)
            await Task.Delay(20, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task No_more_run_at_once_than_may_on_all_gateways_together()
    {
        Assert.SkipWhen(RedisServer.Missing is not null, RedisServer.Missing ?? "");
        await using var redis = await RedisServer.StartAsync();
        await using var one = await Node.StartAsync(redis, new() { Concurrency = 3 });
        await using var two = await Node.StartAsync(redis, new() { Concurrency = 3 });

        List<IAsyncEnumerator<ChatResponseUpdate>> running = [];
        foreach (var node in new[] { one, two, one })
        {
            running.Add(node.Chat.GetStreamingResponseAsync("hi").GetAsyncEnumerator(TestContext.Current.CancellationToken));
            Assert.True(await running[^1].MoveNextAsync());
        }

        Assert.Equal(0, await two.AskAsync(1));
        await running[0].DisposeAsync();
        // The place is released with the next request to Redis.
        while (await two.AskAsync(1) == 0)
            await Task.Delay(20, TestContext.Current.CancellationToken);
        await running[1].DisposeAsync();
        await running[2].DisposeAsync();
    }

    [Fact]
    public async Task A_call_takes_of_all_its_limits_or_of_none()
    {
        Assert.SkipWhen(RedisServer.Missing is not null, RedisServer.Missing ?? "");
        await using var link = await LinkAsync();
        var store = new RedisLimits(link);
        var (wide, narrow) = (Ask(10) with { Needed = 1 }, Ask(1) with { Needed = 1 });

        Assert.Null((await ExchangeAsync(store, "a", wide, narrow)).Refusing);
        var refused = await ExchangeAsync(store, "a", wide, narrow);

        Assert.Equal(1, refused.Refusing);
        Assert.InRange(refused.RetryAfter.TotalSeconds, 50, 61);
        // Nine are left of the wide one: the refused call took nothing of it.
        Assert.Null((await ExchangeAsync(store, "a", wide with { Needed = 9 })).Refusing);
        Assert.Equal(0, (await ExchangeAsync(store, "a", wide)).Refusing);
    }

    [Fact]
    public async Task What_a_node_holds_in_advance_counts_until_it_is_used_given_back_or_its_lease_is_over()
    {
        Assert.SkipWhen(RedisServer.Missing is not null, RedisServer.Missing ?? "");
        await using var link = await LinkAsync();
        var store = new RedisLimits(link);
        var ask = Ask(100);

        var held = await ExchangeAsync(store, "a-0", ask with { Wished = 50 });
        // An eighth of what is left.
        Assert.Equal(12, held.Limits[0].Granted);
        Assert.Equal(0, (await ExchangeAsync(store, "b-0", ask with { Needed = 89 })).Refusing);
        Assert.Null((await ExchangeAsync(store, "b-0", ask with { Needed = 88 })).Refusing);

        var back = await ExchangeAsync(store, "a-0", ask with { Used = 2, GivenBack = 10 });
        Assert.Equal(2, back.Nodes);
        Assert.Null((await ExchangeAsync(store, "b-0", ask with { Needed = 10 })).Refusing);
        // A correction below the reserved amount makes room.
        Assert.Null((await ExchangeAsync(store, "b-0", ask with { Correction = -5, Needed = 5 })).Refusing);
        Assert.Equal(0, (await ExchangeAsync(store, "b-0", ask with { Needed = 1 })).Refusing);
    }

    [Fact]
    public async Task What_is_older_than_the_window_leaves_and_keys_end_by_themselves()
    {
        Assert.SkipWhen(RedisServer.Missing is not null, RedisServer.Missing ?? "");
        await using var link = await LinkAsync();
        var store = new RedisLimits(link);
        var ask = Ask(5) with { Window = TimeSpan.FromSeconds(1), Needed = 5 };

        Assert.Null((await ExchangeAsync(store, "a", ask)).Refusing);
        while ((await ExchangeAsync(store, "a", ask)).Refusing is not null)
            await Task.Delay(20, TestContext.Current.CancellationToken);

        var left = await link.TryAsync(
            database => database.KeyTimeToLiveAsync($"switchyard:{{limits}}:v1:{ask.Name}"), s_patience);
        Assert.InRange(left!.Value.TotalSeconds, 2, 30);
        await store.ForgetAsync([ask.Name]);
        Assert.Null((await ExchangeAsync(store, "a", ask)).Refusing);
    }

    /// <summary>A thousand calls in a time that is longer than any test takes.</summary>
    private static LimitOptions Thousand() => new() { Requests = 1000, Window = TimeSpan.FromMinutes(10) };

    private static SharedLimitAsk Ask(long max) => new(Guid.NewGuid().ToString("N"), max, s_minute);

    /// <summary>A link that waits for Redis as long as it takes, because its clock stands still.</summary>
    private static async Task<RedisLink> LinkAsync() =>
        new((await RedisServer.SharedAsync()).Address, new TestClock(), NullLogger<RedisLink>.Instance);

    private static async Task<SharedLimitAnswer> ExchangeAsync(RedisLimits store, string node, params SharedLimitAsk[] asks) =>
        (await store.ExchangeAsync(node, asks, s_lease, s_patience))!;

    /// <summary>A gateway's engine with the mock as its provider.</summary>
    private sealed class Node : IAsyncDisposable
    {
        private readonly ServiceProvider _services;

        private Node(ServiceProvider services) => _services = services;

        public SwitchyardEngine Engine => _services.GetRequiredService<SwitchyardEngine>();

        public IChatClient Chat => _services.GetRequiredService<IChatClient>();

        public CountedLimits Store => (CountedLimits)_services.GetRequiredService<ISharedLimits>();

        /// <summary>Starts one, and waits until it counts with the others.</summary>
        /// <param name="redis">The Redis.</param>
        /// <param name="limit">The limit.</param>
        /// <param name="patience">
        /// The clock by which it waits for Redis; null for one that stands still, with which a Redis on a busy machine is never late.
        /// </param>
        public static async Task<Node> StartAsync(RedisServer redis, LimitOptions limit, TimeProvider? patience = null)
        {
            var services = new ServiceCollection();
            services.AddLogging();
            services.AddSwitchyard(options =>
            {
                options.AutoEnable = false;
                options.Providers["mock"] = new();
                options.Limits["mock"] = limit;
                options.Circuit.Enabled = false;
            });
            var link = new RedisLink(redis.Address, patience ?? new TestClock(), NullLogger<RedisLink>.Instance);
            services.AddSingleton(link);
            services.AddSingleton<ISharedLimits>(new CountedLimits(new RedisLimits(link)));
            var node = new Node(services.BuildServiceProvider());
            await node.Engine.StartAsync(TestContext.Current.CancellationToken);
            while (node.Engine.Limits.IsAlone)
                await Task.Delay(10, TestContext.Current.CancellationToken);
            return node;
        }

        /// <summary>Makes this many calls, eight at a time; returns how many were let through.</summary>
        public async Task<int> AskAsync(int calls)
        {
            var through = 0;
            await Parallel.ForAsync(0, calls, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, cancellationToken) =>
            {
                try
                {
                    await Chat.GetResponseAsync("hi", new() { MaxOutputTokens = 5 }, cancellationToken);
                    Interlocked.Increment(ref through);
                }
                catch (CallException e) when (e.Error.Kind == CallErrorKind.RateLimited)
                {
                    // Over the limit.
                }
            });
            return through;
        }

        public ValueTask DisposeAsync() => _services.DisposeAsync();
    }

    /// <summary>Counts the requests to Redis.</summary>
    private sealed class CountedLimits(ISharedLimits inner) : ISharedLimits
    {
        private int _exchanges;
        private int _fromCalls;

        public int Exchanges => _exchanges;

        /// <summary>The requests that a call waited for.</summary>
        public int FromCalls => _fromCalls;

        public TimeSpan Patience { get; set; } = s_patience;

        public ValueTask<SharedLimitAnswer?> ExchangeAsync(
            string node, IReadOnlyList<SharedLimitAsk> asks, TimeSpan lease, TimeSpan patience)
        {
            Interlocked.Increment(ref _exchanges);
            if (asks.Any(ask => ask.Needed > 0))
                Interlocked.Increment(ref _fromCalls);
            return inner.ExchangeAsync(node, asks, lease, patience);
        }

        public ValueTask ForgetAsync(IReadOnlyList<string> names) => inner.ForgetAsync(names);
    }
}
