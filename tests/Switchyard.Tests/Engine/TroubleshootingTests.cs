using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Configuration;
using Switchyard.Health;
using Switchyard.Overview;
using Switchyard.Pipeline;
using Switchyard.Providers;
using Switchyard.Statistics;
using Switchyard.TestKit;
using Switchyard.Tests.Client;
using Xunit;

namespace Switchyard.Tests.Engine;

/// <summary>The steps against high cost, reached limits or few cache hits: each while calls run.</summary>
public sealed class TroubleshootingTests
{
    [Covers("S003-113")]
    [Fact]
    public async Task Against_high_costs_one_looks_who_costs_sets_a_daily_budget_and_chooses_the_cheapest()
    {
        await using var given = await StartAsync();
        await AskAsync(given, "rich/own");
        var spent = given.Ended.GroupBy(call => call.Attempts[^1].Provider)
            .ToDictionary(calls => calls.Key, calls => calls.Sum(call => call.Cost.Dollars));
        Assert.True(spent["rich"] > 0);

        await given.Engine.Configuration.UpdateAsync(
            new Dictionary<string, string?> { ["budgets.daily.usd"] = "25", ["budgets.daily.period"] = "day" }, cancellationToken: Stop);
        await given.Engine.Configuration.UpdateAsync(
            new Dictionary<string, string?> { ["routing.strategy"] = "cost" }, cancellationToken: Stop);

        Assert.Equal("from poor", await AskAsync(given, "own"));
        var budget = Assert.Single(given.Engine.Budgets.List());
        Assert.Equal(("daily", 25_000_000_000L), (budget.Budget, budget.Limit));
    }

    [Covers("S003-114")]
    [Fact]
    public async Task Against_rate_limits_one_looks_at_them_resets_them_and_raises_them()
    {
        await using var given = await StartAsync(
            options => options.Limits["poor"] = new() { Requests = 2, Window = TimeSpan.FromMinutes(1) });
        await AskAsync(given, "poor/own");
        await AskAsync(given, "poor/own");
        var status = given.Engine.Limits.GetStatus("poor")!;
        Assert.Equal((2L, 2L, true), (status.RequestCount, status.MaxRequests, status.Blocked));

        Assert.True(given.Engine.Limits.Reset("poor"));
        Assert.Equal("from poor", await AskAsync(given, "poor/own"));
        var raised = await given.Engine.Limits.SetLimitAsync(
            "poor", new() { Requests = 1000, Window = TimeSpan.FromMilliseconds(60000) }, cancellationToken: Stop);

        Assert.True(raised.Applied);
        Assert.Equal(1000, given.Engine.Limits.GetStatus("poor")!.MaxRequests);
    }

    [Covers("S003-115")]
    [Fact]
    public async Task Against_few_hits_one_looks_at_the_cache_keeps_answers_longer_and_more_of_them()
    {
        await using var given = await StartAsync(options => options.Cache = new());
        await AskAsync(given, "poor/own");
        await AskAsync(given, "poor/own");
        var statistics = given.Engine.Cache.Statistics;
        Assert.Equal((1, 1, 0.5), (statistics.TotalHits, statistics.TotalMisses, statistics.HitRate));

        await given.Engine.Configuration.UpdateAsync(
            new Dictionary<string, string?> { ["cache.ttl"] = "2h", ["cache.max_entries"] = "5000" }, cancellationToken: Stop);

        Assert.Equal((TimeSpan.FromHours(2), 5000), (given.Engine.Options.Cache!.Ttl, given.Engine.Options.Cache.MaxEntries));
        await AskAsync(given, "poor/own");
        Assert.Equal(2, given.Engine.Cache.Statistics.TotalHits);
    }

    [Covers("S003-01", "S003-112")]
    [Fact]
    public async Task Every_part_is_there_once_the_container_is_and_each_good_practice_has_its_method()
    {
        await using var services = new ServiceCollection().AddSwitchyard(options => options.Providers["mock"] = new())
            .Services.BuildServiceProvider();
        var engine = services.GetRequiredService<Switchyard.Engine.SwitchyardEngine>();
        await engine.StartAsync(Stop);

        // Cache, budgets, metrics, fallback, the mock, priorities, weights, health.
        Assert.True((await engine.Cache.SetEnabledAsync(true, cancellationToken: Stop)).Applied);
        await engine.Configuration.UpdateAsync(
            new Dictionary<string, string?>
            {
                ["budgets.total.usd"] = "50", ["budgets.total.mode"] = "warn", ["routing.fallback"] = "true",
                ["routing.strategy"] = "weighted",
            },
            cancellationToken: Stop);
        Assert.NotNull(engine.Metrics);
        Assert.NotNull(services.GetRequiredService<ProviderStatistics>());
        Assert.Equal("Mock response to: Hello", (await services.GetRequiredService<IChatClient>().GetResponseAsync(
            "Hello", new ChatOptions { ModelId = "mock/mock-model-v1" }, Stop)).Text);
        Assert.True(await engine.SetProviderPriorityAsync("mock", 90, cancellationToken: Stop));
        var status = await services.GetRequiredService<StatusReader>().ReadAsync(Stop);
        Assert.Equal(90, Assert.Single(status.Providers).Priority);
        Assert.True(await engine.SetProviderWeightAsync("mock", 0.7, cancellationToken: Stop));
        var health = await services.GetRequiredService<HealthChecker>().CheckAsync("mock", cancellationToken: Stop);
        Assert.True(health.Healthy);
        // And the other parts: registry, catalogue of providers, limits, budgets, configuration.
        Assert.Contains("mock", engine.Registry.List());
        Assert.True(Switchyard.Providers.Catalogue.ProviderCatalog.Default.All.Count > 20);
        Assert.NotNull(engine.Limits);
        Assert.NotNull(engine.Budgets.List());
        Assert.Same(engine.Configuration, services.GetRequiredService<Switchyard.Configuration.Runtime.RuntimeConfiguration>());
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task<string> AskAsync(Given given, string model) =>
        (await given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = model }, Stop)).Text;

    private static async Task<Given> StartAsync(Action<SwitchyardOptions>? configure = null)
    {
        var given = Given.AnEngine(
            options =>
            {
                options.Prices.Models["rich/*"] = new() { Input = 100, Output = 100 };
                options.Prices.Models["poor/*"] = new() { Input = 1, Output = 1 };
                configure?.Invoke(options);
            },
            builder =>
            {
                builder.AddProvider("rich", Answering("rich"), null, "own");
                builder.AddProvider("poor", Answering("poor"), null, "own");
            });
        await given.Engine.StartAsync(Stop);
        return given;
    }

    private static ScriptedClient Answering(string name) => new(
        new TextContent($"from {name}"),
        new UsageContent(new UsageDetails { InputTokenCount = 100, OutputTokenCount = 50, TotalTokenCount = 150 }));
}
