using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Health;
using Switchyard.Providers;
using Switchyard.Targets;
using Switchyard.Tests.Client;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Health;

/// <summary>The request of a health check to a provider, and the verdict on the answer.</summary>
public sealed class HealthCheckerTests : IAsyncDisposable
{
    private readonly TestClock _clock = new();
    private ServiceProvider? _services;

    public async ValueTask DisposeAsync()
    {
        if (_services is not null)
            await _services.DisposeAsync();
    }

    [Fact]
    [Covers("S002-30", "S002-31", "S002-06")]
    public async Task Reachability_asks_for_the_list_of_models_and_measures_the_time()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.Then(async http =>
        {
            _clock.Advance(TimeSpan.FromMilliseconds(245.32));
            await FakeUpstream.WriteAsync(http, 200, "application/json", """{"data":[]}""");
        });
        var health = Check(upstream);

        var result = await health.CheckAsync("up");
        Assert.Equal(("up", true, TimeSpan.FromMilliseconds(245.32), null), (result.Name, result.Healthy, result.Latency, result.Error));
        Assert.Equal(("GET", "/v1/models"), (upstream.LastRequest.Method, upstream.LastRequest.Path));
        Assert.Equal("Bearer sk-upstream-secret", upstream.LastRequest.Headers["Authorization"]);
        Assert.Equal(HealthState.Healthy, health.StatusOf("up").State);
    }

    [Fact]
    [Covers("S002-32", "S002-40", "S002-33")]
    public async Task Another_status_is_reported_with_the_time_and_logged_as_an_error()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson("{}", 503);
        var result = await Check(upstream).CheckAsync("up");

        Assert.Equal((false, "HTTP 503"), (result.Healthy, result.Error));
        Assert.NotNull(result.Latency);
        Assert.Contains((LogLevel.Error, "up health check failed: HTTP 503"), Log.Lines);
    }

    [Fact]
    [Covers("S002-33")]
    public async Task A_vendor_is_logged_by_its_own_name()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson("{}", 500);
        var health = Check(options => options.Providers["openai"] = new() { Key = "sk-some-key-of-mine", BaseUrl = upstream.BaseUrl });
        await health.CheckAsync("openai");

        Assert.Contains((LogLevel.Error, "OpenAI health check failed: HTTP 500"), Log.Lines);
    }

    [Fact]
    [Covers("S002-32", "S002-35", "S000-68")]
    public async Task A_silent_provider_fails_after_five_seconds_whatever_the_clocks_of_calls()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenHang();
        var health = Check(upstream, options => options.Timeouts.FirstToken = TimeSpan.FromMinutes(1));
        var pending = health.CheckAsync("up");
        await Wait.ForAsync(() => upstream.Requests.Count > 0);
        _clock.Advance(TimeSpan.FromSeconds(5));

        var result = await pending;
        Assert.Equal((false, "no answer within 5 s"), (result.Healthy, result.Error));
        Assert.True(result.Latency >= TimeSpan.FromSeconds(5));
        await upstream.ClientLeft;
    }

    [Fact]
    [Covers("S002-01")]
    public async Task A_class_derived_from_the_base_has_name_settings_and_health_and_serves_chats_through_a_client()
    {
        await using ProviderBase provider = new ChatClientProvider("acme", new ScriptedClient("hello"));
        await provider.InitializeAsync(new ProviderSettings { Type = "acme", Models = ["small"] }, default);
        await provider.CheckReachableAsync(default);

        Assert.Equal("acme", provider.Name);
        Assert.Equal("small", Assert.Single(await provider.ListModelsAsync(default)).Id);
        var answer = await Assert.IsAssignableFrom<IChatClientProvider>(provider).GetChatClient("small").GetResponseAsync("Hi");
        Assert.Equal("hello", answer.Text);
    }

    [Fact]
    public async Task A_provider_that_does_not_heed_the_token_ends_in_time_all_the_same()
    {
        var settings = new ProviderSettings { Type = "deaf", ApiKey = "key-of-deaf" };
        var health = Check(build: builder => builder.AddProvider(new Deaf(), settings));
        var pending = health.CheckAsync("deaf");
        await _clock.WaitForTimersAsync();
        _clock.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal("no answer within 5 s", (await pending).Error);
    }

    [Fact]
    [Covers("S002-49", "S003-21")]
    public async Task All_are_checked_and_a_failure_of_one_hides_no_other()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson("{}", 500);
        var health = Check(
            upstream,
            options => options.Providers["keyless"] = new() { Type = "openai" },
            builder => builder.AddProvider("acme", new ScriptedClient("hi"))
                .AddProvider(new Throwing(), new() { Type = "bad", ApiKey = "bad-key" }));

        var results = await health.CheckAllAsync();
        Assert.Equal(
            [("acme", true), ("bad", false), ("keyless", false), ("up", false)],
            results.OrderBy(pair => pair.Key).Select(pair => (pair.Key, pair.Value.Healthy)));
        Assert.Equal("It is odd.", results["bad"].Error);
    }

    [Fact]
    [Covers("S001-76", "S001-77", "S001-78")]
    public async Task What_is_not_there_or_cannot_be_made_is_unhealthy_with_the_reason()
    {
        var health = Check(options =>
        {
            options.Providers["mock"] = new();
            options.Providers["keyless"] = new() { Type = "openai" };
        });
        await Engine.StartAsync();
        var settings = new ProviderSettings { Type = "broken" };
        Engine.Registry.RegisterClass("broken", () => throw new InvalidOperationException("No wheel."), settings);
        await health.CheckAsync("broken");

        Assert.Equal(["broken", "keyless", "mock"], health.Providers);
        Assert.Contains("key", Unhealthy("keyless"), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("No wheel.", Unhealthy("broken"), StringComparison.Ordinal);
        Assert.Contains("Unknown provider", Unhealthy("nobody"), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(HealthState.Unknown, health.StatusOf("mock").State);

        string Unhealthy(string name)
        {
            var status = health.StatusOf(name);
            Assert.Equal(HealthState.Unhealthy, status.State);
            return status.Error!;
        }
    }

    [Fact]
    [Covers("S003-104", "S002-44")]
    public async Task A_mock_is_healthy_unless_every_call_is_set_to_fail()
    {
        var health = Check(options =>
        {
            options.Providers["mock"] = new() { Settings = { ["success_rate"] = "0.01" } };
            options.Providers["never"] = new() { Type = "mock", Settings = { ["success_rate"] = "0" } };
        });
        foreach (var level in Enum.GetValues<HealthLevel>())
            Assert.True((await health.CheckAsync("mock", level)).Healthy);
        foreach (var level in new[] { HealthLevel.Reachability, HealthLevel.RoundTrip })
            Assert.False((await health.CheckAsync("never", level)).Healthy);
    }

    [Fact]
    [Covers("S003-110")]
    public async Task A_round_trip_is_a_ping_of_at_most_five_tokens_and_any_error_fails_it()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var health = Check(upstream);
        Assert.True((await health.CheckAsync("up", HealthLevel.RoundTrip)).Healthy);
        Assert.Contains("\"ping\"", upstream.LastRequest.Text, StringComparison.Ordinal);
        Assert.Contains("tokens\":5", upstream.LastRequest.Text, StringComparison.Ordinal);
        Assert.Contains("\"model\":\"some-model\"", upstream.LastRequest.Text, StringComparison.Ordinal);
        Assert.Equal(1, health.StatusOf("up").TotalRequests);

        upstream.ThenJson("""{"error":{"message":"No such model"}}""", 404);
        var refused = await health.CheckAsync("up", HealthLevel.RoundTrip);
        Assert.False(refused.Healthy);
        Assert.Contains("No such model", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_has_used_up_the_tokens_of_a_round_trip_by_thinking_is_there()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson(
            """
            {"error":{"message":"Could not finish the message because max_tokens or model output limit was reached. Please try again.",
             "type":"invalid_request_error","param":null,"code":null}}
            """,
            400);

        Assert.True((await Check(upstream).CheckAsync("up", HealthLevel.RoundTrip)).Healthy);
    }

    [Fact]
    public async Task A_round_trip_asks_the_provider_whatever_the_cache_has_kept()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var health = Check(upstream, options => options.Cache = new());
        Assert.True((await health.CheckAsync("up", HealthLevel.RoundTrip)).Healthy);

        upstream.ThenJson("""{"error":{"message":"No such model"}}""", 404);
        var refused = await health.CheckAsync("up", HealthLevel.RoundTrip);

        Assert.Equal((false, 2), (refused.Healthy, upstream.Requests.Count));
    }

    [Fact]
    public async Task A_round_trip_tells_of_the_provider_itself_and_not_of_one_that_stands_in_for_it()
    {
        await using var broken = await FakeUpstream.StartAsync();
        await using var other = await FakeUpstream.StartAsync();
        broken.ThenJson("""{"error":{"message":"No such model"}}""", 404);
        var health = Check(options =>
        {
            options.Routing.Failover = true;
            options.Providers["fireworks"] = new() { BaseUrl = broken.BaseUrl, Key = "sk-fireworks-key", Models = ["some-model"] };
            options.Providers["together"] = new() { BaseUrl = other.BaseUrl, Key = "sk-together-key", Models = ["some-model"] };
        });

        var result = await health.CheckAsync("fireworks", HealthLevel.RoundTrip);

        // The fallback has answered the call.
        Assert.Single(other.Requests);
        Assert.False(result.Healthy);
        Assert.Contains("No such model", result.Error, StringComparison.Ordinal);
        Assert.Equal(HealthState.Degraded, health.StatusOf("fireworks").State);
    }

    [Fact]
    public async Task Configuration_asks_no_provider()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        Assert.True((await Check(upstream).CheckAsync("up", HealthLevel.Configuration)).Healthy);
        Assert.Empty(upstream.Requests);
    }

    [Fact]
    public async Task Checks_at_the_same_time_are_one_check()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        var answer = new TaskCompletionSource();
        upstream.Then(async http =>
        {
            await answer.Task;
            await FakeUpstream.WriteAsync(http, 200, "application/json", """{"data":[]}""");
        });
        var health = Check(upstream);
        await Engine.StartAsync();
        var pending = Enumerable.Range(0, 5).Select(_ => health.CheckAsync("up")).ToList();
        answer.SetResult();

        Assert.All(await Task.WhenAll(pending), result => Assert.True(result.Healthy));
        Assert.Single(upstream.Requests);
    }

    [Fact]
    public async Task A_key_that_may_not_list_models_does_not_turn_routing_away()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson("{}", 403);
        var health = Check(upstream);
        for (var i = 0; i < ProviderHealth.FailuresToUnhealthy; i++)
            await health.CheckAsync("up");

        Assert.Equal(HealthState.Unhealthy, health.StatusOf("up").State);
        var state = Engine.Registry.FindEntry("up")!.Health;
        Assert.False(state.IsUnhealthy);
        Assert.Single(
            Log.Lines,
            line => line.Text.StartsWith("up health check failed", StringComparison.Ordinal) && line.Level == LogLevel.Error);

        state.CountCall(true, TimeSpan.Zero, null);
        Assert.Equal("HTTP 403", (await health.CheckAsync("up")).Error);
        Assert.Equal(HealthState.Healthy, health.StatusOf("up").State);
    }

    [Fact]
    public async Task A_provider_without_a_list_is_reached_by_any_answer_below_500_and_gets_no_key()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        upstream.ThenJson("{}", 404);
        var health = Check(options => options.Providers["voyage"] = new() { Key = "some-voyage-key", BaseUrl = upstream.BaseUrl });

        Assert.True((await health.CheckAsync("voyage")).Healthy);
        Assert.DoesNotContain("Authorization", upstream.LastRequest.Headers.Keys);
        upstream.ThenJson("{}", 502);
        Assert.Equal("HTTP 502", (await health.CheckAsync("voyage")).Error);
    }

    [Fact]
    public async Task No_secret_is_in_what_a_check_says()
    {
        var client = new ScriptedClient(new InvalidOperationException("The key 0123456789-sesame is refused."));
        var settings = new ProviderSettings { Type = "acme", ApiKey = "0123456789-sesame", Models = ["small"] };
        var health = Check(build: builder => builder.AddProvider(new ChatClientProvider("acme", client), settings));

        var result = await health.CheckAsync("acme", HealthLevel.RoundTrip);
        Assert.False(result.Healthy);
        Assert.DoesNotContain("sesame", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("sesame", health.StatusOf("acme").Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Log.Lines, line => line.Text.Contains("sesame", StringComparison.Ordinal));
    }

    private SwitchyardEngine Engine => _services!.GetRequiredService<SwitchyardEngine>();

    private FakeLogCollector Log => _services!.GetFakeLogCollector();

    private HealthChecker Check(
        FakeUpstream upstream, Action<SwitchyardOptions>? configure = null, Action<Hosting.SwitchyardBuilder>? build = null) => Check(
        options =>
        {
            options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "sk-upstream-secret", Models = ["some-model"] };
            configure?.Invoke(options);
        },
        build);

    private HealthChecker Check(Action<SwitchyardOptions>? configure = null, Action<Hosting.SwitchyardBuilder>? build = null)
    {
        var services = new ServiceCollection();
        services.AddFakeLogging();
        services.AddSingleton<TimeProvider>(_clock);
        var builder = services.AddSwitchyard(options =>
        {
            options.AutoEnable = false;
            configure?.Invoke(options);
        });
        build?.Invoke(builder);
        _services = services.BuildServiceProvider();
        return _services.GetRequiredService<HealthChecker>();
    }

    private sealed class Deaf() : ProviderBase("deaf")
    {
        public override bool ServesModel(string modelId) => false;

        protected override async ValueTask<IReadOnlyList<ProviderModel>> ListModelsCoreAsync(CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, CancellationToken.None);
            return [];
        }
    }

    private sealed class Throwing() : ProviderBase("bad")
    {
        public override bool ServesModel(string modelId) => false;

        protected override ValueTask<IReadOnlyList<ProviderModel>> ListModelsCoreAsync(CancellationToken cancellationToken) =>
            throw new InvalidOperationException("It is odd.");
    }
}
