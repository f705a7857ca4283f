using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Health;
using Switchyard.Money;
using Switchyard.Refinement;
using Switchyard.Refinement.Requests;
using Switchyard.Statistics;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Docs.From;

/// <summary>The C# of docs/from/provider-system-v2.md does what the page says.</summary>
public sealed class ProviderSystemV2Tests
{
    private static readonly JsonElement[] s_samples =
        [.. new[] { "ann", "bo", "cy" }.Select(name => JsonElement.Parse($$"""{"email":"{{name}}@example.com"}"""))];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_schema_is_refined_whole_and_streamed_and_by_a_refiner_of_ones_own()
    {
        await using var host = await StartAsync(ProviderSystemV2Snippets.AddRefiner);

        var result = await ProviderSystemV2Snippets.RefineAsync(host.Services, s_samples);

        Assert.Equal("const User = z.object({ email: z.string().email() });", result.RefinedSchema.Code);
        var improvement = Assert.Single(result.RefinedSchema.Improvements);
        Assert.Equal(("email", "z.string()", "z.string().email()"), (improvement.Field, improvement.Before, improvement.After));
        Assert.Equal(("mock", 0m, null), (result.AIProvider, result.CreditsUsed, result.CreditsRemaining));
        var refinement = host.Services.GetRequiredService<SchemaRefinement>();
        var request = new SchemaRefinementRequest(new("const User = z.object({ email: z.string() });"), s_samples);
        Assert.Equal(
            result.RefinedSchema.Code, (await ProviderSystemV2Snippets.StreamAsync(refinement, request))?.RefinedSchema.Code);
        var mine = await refinement.RefineSchemaAsync(request with { Options = new() { Provider = "mine" } }, Stop);
        Assert.Equal(("mine", "z.string().min(1)"), (mine.AIProvider, mine.RefinedSchema.Improvements[0].After));
    }

    [Fact]
    public async Task A_provider_with_metadata_is_ranked_weighted_and_switched_off()
    {
        await using var host = await StartAsync(services => ProviderSystemV2Snippets.Register(services, new MyVendorClient("my-key")));
        var registered = host.Engine.FindProvider("mycustom")!;
        Assert.Equal(
            ("My own", 0.001m, 0.002m, 100L, 4096, 70, 0.5),
            (registered.DisplayName, registered.CostPer1KInputTokens, registered.CostPer1KOutputTokens, registered.MaxRequestsPerMinute,
                registered.MaxTokensPerRequest, registered.Priority, registered.Weight));
        Assert.Equal(100, host.Engine.Limits.GetStatus("mycustom")?.MaxRequests);

        var told = await ProviderSystemV2Snippets.ManageAsync(host.Engine, host.Services.GetRequiredService<HealthChecker>());

        Assert.Equal(["mock True 0 1.0", "mycustom False 95 0.8", "mock", "True True True"], told);
    }

    [Fact]
    public async Task Settings_are_changed_alone_heard_of_exported_imported_and_reset()
    {
        await using var host = await StartAsync();
        var changes = new List<string>();

        await ProviderSystemV2Snippets.ConfigureAsync(host.Engine, changes);

        Assert.Equal("cost 02:00:00 00:00:45", changes[^1]);
        Assert.Superset(
            new HashSet<string> { "routing.strategy", "routing.max_fallbacks", "cache.ttl", "timeouts.attempt" }, changes.ToHashSet());
        Assert.Contains(changes, change => change.StartsWith("budgets.daily", StringComparison.Ordinal));
        Assert.Equal(("priority", null), (host.Engine.Options.Routing.Strategy, host.Engine.Options.Cache));
        Assert.Equal(["reset", "import", "reset", "update"], host.Engine.Configuration.GetHistory().Take(4).Select(made => made.Action));
    }

    [Fact]
    public async Task The_cache_answers_is_counted_changed_and_cleared()
    {
        await using var host = await StartAsync(services => services.AddSwitchyard(options => options.Cache = new()));
        for (var i = 0; i < 3; i++)
            await AskAsync(host);

        var statistics = await ProviderSystemV2Snippets.CacheAsync(host.Engine, [new(ChatRole.User, "Hello")]);

        Assert.Equal((1, 2, 1), (statistics.TotalEntries, statistics.TotalHits, statistics.TotalMisses));
        Assert.Equal(2 / 3.0, statistics.HitRate, 3);
        Assert.True(statistics.MemorySizeBytes > 0);
        Assert.Equal((5000, true), (host.Engine.Options.Cache!.MaxEntries, host.Engine.Options.Cache.Enabled));
        var cleared = host.Engine.Cache.Statistics;
        Assert.Equal((0, 0L, 0L), (cleared.TotalEntries, cleared.TotalHits, cleared.TotalMisses));
    }

    [Fact]
    public async Task A_limit_is_set_read_and_reset()
    {
        await using var vendor = await FakeUpstream.StartAsync();
        vendor.ThenJson(Some.ChatCompletion());
        await using var host = await StartAsync(services => services.AddSwitchyard(
            options => options.Providers["openai"] = new() { BaseUrl = vendor.BaseUrl, Key = "sk-some-key" }));

        var status = await ProviderSystemV2Snippets.LimitAsync(host.Engine);

        Assert.Equal(
            (0L, 1000L, TimeSpan.FromMinutes(1), false, null),
            (status!.RequestCount, status.MaxRequests, status.Window, status.Blocked, status.RetryAfter));
        await host.Engine.GetChatClient("openai", "gpt-4").GetResponseAsync("Hello", cancellationToken: Stop);
        Assert.Equal(1, host.Engine.Limits.GetStatus("openai")!.RequestCount);
    }

    [Fact]
    public void The_cheapest_is_found() => Assert.Equal("anthropic: $0.010500", ProviderSystemV2Snippets.FindCheapest());

    [Fact]
    public async Task Costs_are_summed_by_provider_and_written_as_CSV()
    {
        using var folder = new TemporaryFolder();
        await using var host = await StartAsync(services =>
        {
            ProviderSystemV2Snippets.KeepCosts(services);
            services.AddSwitchyard(options =>
            {
                options.Storage.Ledger = $"sqlite:{folder["costs.db"]}";
                options.Prices.Models["mock/*"] = new() { Input = 1000, Output = 2000 };
                options.Providers["mock"].Settings["prompt_tokens"] = "1000";
                options.Providers["mock"].Settings["completion_tokens"] = "500";
            });
        });
        await AskAsync(host);
        var usage = host.Services.GetRequiredService<IUsageReader>();
        var csv = new StringWriter(CultureInfo.InvariantCulture);
        // A ledger is written behind the calls.
        await Wait.ForAsync(async () => (await usage.SummarizeAsync(new(), Stop)).Total.Finished == 1);

        var summary = await ProviderSystemV2Snippets.SumAsync(usage, csv, Stop);

        Assert.Equal((2m, 1L, 1000L, 500L, 2m), (
            summary.TotalCost, summary.TotalRequests, summary.TotalInputTokens, summary.TotalOutputTokens, summary.AverageCostPerRequest));
        Assert.Equal("mock", Assert.Single(summary.Groups).Name);
        var lines = csv.ToString().Split("\r\n");
        Assert.StartsWith("Timestamp,Provider,Model,Input Tokens,Output Tokens,Cost,Request ID", lines[0], StringComparison.Ordinal);
        Assert.Contains(",mock,mock-model-v1,1000,500,2.000000,", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_of_each_provider_are_read()
    {
        await using var host = await StartAsync(configure: failing => failing.Settings["success_rate"] = "0");
        await Assert.ThrowsAsync<CallException>(() => AskAsync(host));
        await host.Engine.Configuration.UpdateAsync(new Dictionary<string, string?> { ["providers.mock.settings.success_rate"] = "1" });
        await AskAsync(host);

        Assert.Equal(
            "2 0.5 1 mock 1 Simulated mock provider failure 1 100 2",
            ProviderSystemV2Snippets.Measure(host.Services.GetRequiredService<ProviderStatistics>()));
    }

    [Fact]
    public async Task The_status_is_one_document()
    {
        await using var host = await StartAsync();

        var status = await ProviderSystemV2Snippets.ReadStatusAsync(host.Services);

        Assert.Superset(
            new HashSet<string> { "cache", "rateLimits", "costs", "metrics", "config", "providers" },
            status.Select(member => member.Key).ToHashSet());
        Assert.Equal("mock", (string?)status["providers"]![0]!["name"]);
    }

    [Fact]
    public async Task A_mock_waits_fails_and_counts()
    {
        var clock = new TestClock();
        await using var host = await StartAsync(services => services.AddSingleton<TimeProvider>(clock));
        var mock = await ProviderSystemV2Snippets.MockAsync(host.Engine);
        Assert.Equal((200, 0, "It is down."), (mock.Options.Delay.TotalMilliseconds, mock.Options.SuccessRate, mock.Options.ErrorMessage));

        var failure = await Assert.ThrowsAsync<CallException>(
            () => host.Engine.GetChatClient("mock-fast", "mock-model-v1").GetResponseAsync("Hello", cancellationToken: Stop));

        Assert.Contains("It is down.", failure.Message, StringComparison.Ordinal);
        Assert.Equal(1, mock.RequestCount);
        mock.ResetRequestCount();
        Assert.Equal((0, false), (mock.RequestCount, mock.IsHealthy));
    }

    private static async Task AskAsync(FromHost host) =>
        await host.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "mock/mock-model-v1" }, Stop);

    private static Task<FromHost> StartAsync(
        Action<IServiceCollection>? add = null, Action<ProviderOptions>? configure = null) =>
        FromHost.StartAsync(add, options =>
        {
            options.Retry.Attempts = 1;
            options.Providers["mock"] = new();
            configure?.Invoke(options.Providers["mock"]);
        });
}
