using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Health;
using Switchyard.Providers;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Health;

/// <summary>When the monitor checks which provider, in virtual time.</summary>
public sealed class HealthMonitorTests : IAsyncDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(30);

    private readonly TestClock _clock = new();
    private readonly Probed _one = new("one"), _two = new("two");
    private readonly ServiceProvider _services;

    public HealthMonitorTests()
    {
        var services = new ServiceCollection();
        services.AddFakeLogging();
        services.AddSingleton<TimeProvider>(_clock);
        services.AddSwitchyard(options => options.AutoEnable = false)
            .AddProvider(_one, new ProviderSettings { Type = "one", ApiKey = "a-key" })
            .AddProvider(_two, new ProviderSettings { Type = "two", ApiKey = "a-key" });
        _services = services.BuildServiceProvider();
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    [Fact]
    [Covers("S000-67", "S000-68", "S002-34")]
    public async Task Every_provider_is_asked_for_its_models_each_thirty_seconds()
    {
        await StartAsync();
        Assert.All(Health.Statuses, status => Assert.Equal(HealthState.Unknown, status.State));
        _clock.Advance(s_interval - TimeSpan.FromTicks(1));
        Assert.Equal(0, _one.Asked);

        _clock.Advance(TimeSpan.FromTicks(1));
        await AskedAsync(_one, 1);
        await AskedAsync(_two, 1);
        await Wait.ForAsync(() => Health.Statuses.All(status => status.State == HealthState.Healthy));
        await TickAsync();
        await AskedAsync(_one, 2);
    }

    [Fact]
    [Covers("S000-69", "S002-34")]
    public async Task A_provider_that_fails_is_degraded_then_unhealthy_and_comes_back_by_itself()
    {
        _one.Failure = "It is down.";
        await StartAsync();
        var states = new List<HealthState>();
        for (var round = 1; round <= 3; round++)
        {
            await TickAsync(round);
            states.Add(StateOf("one"));
        }

        Assert.Equal([HealthState.Degraded, HealthState.Degraded, HealthState.Unhealthy], states);
        Assert.True(Engine.Registry.FindEntry("one")!.Health.IsUnhealthy);
        Assert.Contains((LogLevel.Error, "Provider one unhealthy: It is down."), Log.Lines);
        Assert.Equal(HealthState.Healthy, StateOf("two"));

        _one.Failure = null;
        await TickAsync(4);
        Assert.Equal(HealthState.Healthy, StateOf("one"));
        Assert.Contains((LogLevel.Information, "Provider one is healthy again"), Log.Lines);
        Assert.Equal([false, false, false, true], Engine.Registry.FindEntry("one")!.Health.History.Select(check => check.Healthy));
    }

    [Fact]
    public async Task A_provider_with_traffic_is_not_asked()
    {
        await StartAsync();
        _clock.Advance(s_interval / 2);
        Engine.Registry.FindEntry("one")!.Health.CountCall(true, TimeSpan.Zero, null);
        _clock.Advance(s_interval / 2);
        await AskedAsync(_two, 1);
        Assert.Equal(0, _one.Asked);

        await Wait.ForAsync(() => StateOf("two") == HealthState.Healthy);
        await TickAsync();
        await AskedAsync(_one, 1);
    }

    [Fact]
    public async Task A_provider_is_asked_also_where_its_last_call_was_before_the_clock_was_set_back()
    {
        await StartAsync();
        Engine.Registry.FindEntry("one")!.Health.CountCall(true, TimeSpan.Zero, null);
        _clock.AdjustTime(_clock.GetUtcNow() - TimeSpan.FromHours(1));
        _clock.Advance(s_interval);

        await AskedAsync(_two, 1);
        await AskedAsync(_one, 1);
    }

    [Fact]
    public async Task A_provider_that_is_removed_is_not_asked_any_more()
    {
        await StartAsync();
        await TickAsync(1);
        await Engine.Registry.UnregisterAsync("one");
        await TickAsync();
        await AskedAsync(_two, 2);

        Assert.Equal(1, _one.Asked);
        Assert.Equal(["two"], Health.Providers);
    }

    [Fact]
    public async Task A_reload_changes_the_interval_and_ends_and_begins_the_watching()
    {
        await StartAsync();
        await Engine.ApplyAsync(options => options.Health.Interval = TimeSpan.FromSeconds(10));
        _clock.Advance(TimeSpan.FromSeconds(10));
        await AskedAsync(_one, 1);

        await Engine.ApplyAsync(options => options.Health.Monitor = false);
        // The check's own timer may stop a moment after the provider was called.
        await Wait.ForAsync(() => _clock.TimerCount == 0);
        await Engine.ApplyAsync(options => options.Health.Monitor = true);
        await _clock.WaitForTimersAsync();
        _clock.Advance(TimeSpan.FromSeconds(10));
        await AskedAsync(_one, 2);
    }

    [Fact]
    public async Task An_engine_in_process_asks_no_provider_unasked()
    {
        await Engine.StartAsync();
        _clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal((0, 0), (_one.Asked, _two.Asked));
        Assert.Equal(0, _clock.TimerCount);
    }

    [Fact]
    public async Task Disposed_it_leaves_no_timer()
    {
        await StartAsync();
        await Monitor.DisposeAsync();
        Assert.Equal(0, _clock.TimerCount);
        Assert.Throws<ObjectDisposedException>(Monitor.Start);
    }

    private SwitchyardEngine Engine => _services.GetRequiredService<SwitchyardEngine>();

    private HealthChecker Health => _services.GetRequiredService<HealthChecker>();

    private HealthMonitor Monitor => _services.GetRequiredService<HealthMonitor>();

    private FakeLogCollector Log => _services.GetFakeLogCollector();

    private async Task StartAsync()
    {
        await Engine.StartAsync();
        Monitor.Start();
        Monitor.Start();
        await _clock.WaitForTimersAsync();
    }

    /// <summary>Advances by one interval and waits until its checks are finished.</summary>
    private async Task TickAsync(int? round = null)
    {
        _clock.Advance(s_interval);
        if (round is { } count)
        {
            // A check's own timer stops after its result is counted and logged; the monitor's timer remains.
            await Wait.ForAsync(() => Checks("one") == count && Checks("two") == count && _clock.TimerCount == 1);
        }
    }

    private int Checks(string name) => Engine.Registry.FindEntry(name)!.Health.History.Count;

    private HealthState StateOf(string name) => Health.StatusOf(name).State;

    private static Task AskedAsync(Probed provider, int times) => Wait.ForAsync(() => provider.Asked == times);

    private sealed class Probed(string name) : ProviderBase(name)
    {
        private int _asked;

        public int Asked => Volatile.Read(ref _asked);

        public volatile string? Failure;

        public override bool ServesModel(string modelId) => false;

        protected override ValueTask<IReadOnlyList<ProviderModel>> ListModelsCoreAsync(CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _asked);
            return Failure is { } failure ? throw new ProviderException(failure) : new([]);
        }
    }
}
