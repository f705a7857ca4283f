using Switchyard.Configuration;
using Switchyard.Limits;
using Switchyard.Tests.Calls;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Limits;

/// <summary>The reported values of limits that several gateways share: the use of others reduces the remainder.</summary>
public sealed class SharedReadingTests : IDisposable
{
    private readonly TestClock _clock = new();
    private readonly Store _store = new();
    private readonly LimitStore _states;

    public SharedReadingTests() => _states = new LimitStore(new SharedCounting(_store, _clock));

    private TimeSpan Now => _clock.GetElapsedTime(0);

    public void Dispose() => _states.Dispose();

    [Fact]
    public async Task What_others_have_used_is_not_left_and_counts_as_used()
    {
        var (limit, group) = await StartAsync();
        _store.Left = 10;

        await TakeAsync(group);

        Assert.Equal(10, group.Read(LimitUnit.Requests, Now)!.Value.Remaining);
        Assert.Equal(90, limit.StatusAt(Now).RequestCount);
        Assert.Equal(0.9, limit.UseAt(Now), 0.001);
    }

    [Fact]
    public async Task Where_others_have_used_all_it_is_worth_asking_again_in_a_second()
    {
        var (_, group) = await StartAsync();
        _store.Left = 0;

        await TakeAsync(group);

        var reading = group.Read(LimitUnit.Requests, Now)!.Value;
        Assert.Equal((0L, TimeSpan.FromSeconds(1)), (reading.Remaining, reading.ResetAfter));
    }

    [Fact]
    public async Task What_the_store_said_before_the_window_counts_no_more()
    {
        var (limit, group) = await StartAsync();
        _store.Left = 10;
        await TakeAsync(group);

        _clock.Advance(TimeSpan.FromSeconds(61));

        Assert.Equal(100, group.Read(LimitUnit.Requests, Now)!.Value.Remaining);
        Assert.Equal(0, limit.StatusAt(Now).RequestCount);
    }

    [Fact]
    public async Task A_limit_that_is_reset_has_nothing_counted_of_others_either()
    {
        var (limit, group) = await StartAsync();
        _store.Left = 10;
        await TakeAsync(group);

        limit.State.Reset();

        Assert.Equal(100, group.Read(LimitUnit.Requests, Now)!.Value.Remaining);
    }

    [Fact]
    public async Task While_the_store_is_away_the_gateways_own_part_is_left()
    {
        var (_, group) = await StartAsync();
        _store.Left = 10;
        await TakeAsync(group);

        // Its own share is 3: one used, and a fourth of the ten that were left; it takes the second of them.
        _store.IsAway = true;
        await TakeAsync(group);

        Assert.Equal(1, group.Read(LimitUnit.Requests, Now)!.Value.Remaining);
    }

    private async Task<(Limit Limit, LimitGroup Group)> StartAsync()
    {
        await _states.Shared!.TickAsync();
        Assert.True(_states.Shared.IsTogether);
        var limit = new Limit(
            LimitScope.Provider, "acme", LimitRules.From(new LimitOptions { RequestsPerMinute = 100 })!,
            _states.Of(LimitScope.Provider, "acme"));
        return (limit, LimitGroup.Of([limit])!);
    }

    private async Task TakeAsync(LimitGroup group)
    {
        var (hold, refusal) = await group.TakeAsync(SomeCall.Of(time: _clock));
        Assert.NotNull(hold);
        Assert.Null(refusal);
    }

    /// <summary>A store that grants any amount a call needs, and nothing in advance.</summary>
    private sealed class Store : ISharedLimits
    {

        public bool IsAway { get; set; }

        public long Left { get; set; } = 100;

        public ValueTask<SharedLimitAnswer?> ExchangeAsync(
            string node, IReadOnlyList<SharedLimitAsk> asks, TimeSpan lease, TimeSpan patience) => new(
            IsAway ? null : new SharedLimitAnswer
            {
                RetryAfter = TimeSpan.Zero,
                Nodes = 4,
                Limits = [.. asks.Select(_ => new SharedLimitGrant(0, Left))],
            });

        public ValueTask ForgetAsync(IReadOnlyList<string> names) => ValueTask.CompletedTask;
    }
}
