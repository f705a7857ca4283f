using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Caching;
using Switchyard.Client;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Health;
using Switchyard.Limits;
using Switchyard.Money;
using Switchyard.Overview;
using Switchyard.Providers;
using Switchyard.Providers.Mock;
using Switchyard.Refinement;
using Switchyard.Refinement.Requests;
using Switchyard.Statistics;
using Xunit;

namespace Switchyard.Tests.Docs.From;

/// <summary>The C# of docs/from/provider-system-v2.md, run by <see cref="ProviderSystemV2Tests"/>.</summary>
internal static class ProviderSystemV2Snippets
{
    public static async Task<SchemaRefinementResult> RefineAsync(IServiceProvider provider, JsonElement[] samples)
    {
        // begin: v2, refine
        var refinement = provider.GetRequiredService<SchemaRefinement>();
        var schema = new SchemaSource("const User = z.object({ email: z.string() });", "User");
        var result = await refinement.RefineSchemaAsync(new(schema, samples) { Options = new() { Provider = "auto", Temperature = 0.2 } });
        Console.WriteLine($"{result.RefinedSchema.Code} ({result.AIProvider}, {result.ProcessingTime} ms)");
        // end
        return result;
    }

    public static async Task<SchemaRefinementResult?> StreamAsync(SchemaRefinement refinement, SchemaRefinementRequest request)
    {
        // begin: v2, stream
        await foreach (var chunk in refinement.RefineSchemaStreamAsync(request))
        {
            Console.Write(chunk.Delta);
            if (chunk.Done)
                return chunk.Metadata;
        }
        // end

        return null;
    }

    public static void Register(IServiceCollection services, IChatClient client)
    {
        // begin: v2, metadata
        var settings = new ProviderSettings
        {
            Type = "mycustom",
            Models = ["own"],
            Facts = new()
            {
                DisplayName = "My own",
                Description = "A model of our own",
                CostPer1KInputTokens = 0.001m,
                CostPer1KOutputTokens = 0.002m,
                MaxTokensPerRequest = 4096,
                Features = ["json_mode"],
            },
            MaxRequestsPerMinute = 100,
            Priority = 70,
            Weight = 0.5,
        };
        services.AddSwitchyard()
            .AddProvider(new ChatClientProvider("mycustom", client), settings);
        // end
    }

    public static async Task<string[]> ManageAsync(SwitchyardEngine engine, HealthChecker health)
    {
        // begin: v2, providers
        await engine.SetProviderPriorityAsync("mycustom", 95);
        await engine.SetProviderWeightAsync("mycustom", 0.8);
        await engine.SetProviderEnabledAsync("mycustom", false);

        var all = engine.GetAllProviders();
        var enabled = all.Where(provider => provider.IsEnabled).OrderByDescending(provider => provider.Priority);
        var healthy = (await health.CheckAllAsync()).ToDictionary(check => check.Key, check => check.Value.Healthy);
        var (isHealthy, lastCheck) = (health.StatusOf("mock").IsHealthy, health.StatusOf("mock").LastCheck);
        // end
        return
        [
            .. all.Select(provider => $"{provider.Name} {provider.IsEnabled} {provider.Priority} {provider.Weight:0.0}"),
            .. enabled.Select(provider => provider.Name), $"{healthy["mock"]} {isHealthy} {lastCheck is not null}",
        ];
    }

    public static async Task ConfigureAsync(SwitchyardEngine engine, List<string> changes)
    {
        // begin: v2, configuration
        var configuration = engine.Configuration;
        configuration.Changed += (_, changed) => changes.AddRange(changed.Changes.Select(change => change.Key));
        await configuration.UpdateAsync(new JsonObject
        {
            ["routing"] = new JsonObject
            {
                ["strategy"] = "cost", ["fallback"] = true, ["max_fallbacks"] = 5, ["preferred"] = "anthropic, openai",
            },
            ["cache"] = new JsonObject { ["enabled"] = true, ["ttl"] = "2h" },
            ["budgets"] = new JsonObject { ["daily"] = new JsonObject { ["usd"] = 25, ["period"] = "day", ["mode"] = "warn" } },
            ["timeouts"] = new JsonObject { ["attempt"] = "45s" },
        });

        var copy = configuration.Get();             // a copy: changing it changes nothing
        var document = configuration.Export();      // YAML, secrets masked
        await configuration.ResetAsync(["cache"]);
        await configuration.ImportAsync(document);
        await configuration.ResetAsync();
        // end
        changes.Add($"{copy.Routing.Strategy} {copy.Cache!.Ttl} {copy.Timeouts.Attempt}");
    }

    public static async Task<CacheStatistics> CacheAsync(SwitchyardEngine engine, IEnumerable<ChatMessage> messages)
    {
        // begin: v2, cache
        var cache = engine.Cache;
        var statistics = cache.Statistics;          // entries, hits, misses, hit rate, bytes
        await cache.UpdateAsync(options => options.MaxEntries = 5000);
        var wasThere = await new SwitchyardChatClient(engine, "mock/mock-model-v1").InvalidateAsync(messages);
        await cache.SetEnabledAsync(false);
        await cache.SetEnabledAsync(true);
        cache.Clear();
        // end
        Assert.True(wasThere);
        return statistics;
    }

    public static async Task<LimitStatus?> LimitAsync(SwitchyardEngine engine)
    {
        // begin: v2, limits
        var limits = engine.Limits;
        await limits.SetLimitAsync("openai", new LimitOptions { Requests = 1000, Window = TimeSpan.FromMinutes(1) });
        var status = limits.GetStatus("openai");    // RequestCount, MaxRequests, Window, Blocked, RetryAfter
        var all = limits.GetAllStatuses();
        limits.Reset("openai");
        limits.ResetAll();
        // end
        Assert.Single(all);
        return status;
    }

    public static string FindCheapest()
    {
        // begin: v2, cheapest
        PriceOffer[] offers = [PriceOffer.PerThousand("openai", 0.01m, 0.03m), PriceOffer.PerThousand("anthropic", 0.003m, 0.015m)];
        var cheapest = CheapestOffer.Find(offers, inputTokens: 1000, outputTokens: 500);
        var line = FormattableString.Invariant($"{cheapest?.Provider}: ${cheapest?.EstimatedCost:F6}");
        // end
        return line;
    }

    public static void KeepCosts(IServiceCollection services)
    {
        // begin: v2, ledger
        services.AddSwitchyard(options => options.Storage.Ledger = "sqlite:costs.db")
            .AddSwitchyardStorage();
        // end
    }

    public static async Task<UsageSummary> SumAsync(IUsageReader usage, TextWriter csv, CancellationToken cancellationToken)
    {
        // begin: v2, costs
        var query = new UsageQuery { By = [UsageGrouping.Provider], Filter = new() { Since = DateTimeOffset.UtcNow.AddDays(-1) } };
        var summary = await usage.SummarizeAsync(query, cancellationToken);
        Console.WriteLine($"{summary.TotalCost} dollars for {summary.TotalRequests} requests");
        foreach (var group in summary.Groups)
            Console.WriteLine($"{group.Name}: {group.Figures.Cost.Dollars} dollars");

        await UsageCsv.WriteAsync(usage.ReadAsync(query.Filter, cancellationToken), csv, cancellationToken);
        // end
        return summary;
    }

    public static string Measure(ProviderStatistics statistics)
    {
        // begin: v2, metrics
        var metrics = statistics.GetMetrics("mock");
        var all = statistics.GetAllMetrics(since: DateTimeOffset.UtcNow.AddHours(-1));
        var best = statistics.GetTopProviders(3);
        var fastest = statistics.GetFastestProviders(3);
        var errors = statistics.GetErrorBreakdown("mock");
        var timeline = statistics.GetTimeline("mock", TimeSpan.FromMinutes(1));
        // end
        var error = errors.Single();
        return $"{metrics.TotalRequests} {metrics.SuccessRate} {all.Count} {best[0].Provider} {fastest.Count} "
            + $"{error.Key} {error.Value.Count} {error.Value.Percentage} {timeline.Sum(bucket => bucket.Requests)}";
    }

    public static async Task<JsonObject> ReadStatusAsync(IServiceProvider provider)
    {
        // begin: v2, status
        var status = await provider.GetRequiredService<StatusReader>().ReadAsync();
        var json = status.ToJson();
        // end
        return json;
    }

    public static async Task<MockProvider> MockAsync(SwitchyardEngine engine)
    {
        // begin: v2, mock
        var mock = new MockProvider("mock-fast", new MockOptions
        {
            Delay = TimeSpan.FromMilliseconds(200), SuccessRate = 0, ErrorMessage = "It is down.",
        });
        await engine.Registry.RegisterAsync(mock, new ProviderSettings { Type = "mock-fast" });
        // end
        return mock;
    }

    public static void AddRefiner(IServiceCollection services)
    {
        // begin: v2, add a refiner
        services.AddSwitchyard()
            .AddSchemaRefinement()
            .AddSchemaRefiner(new MyRefiner());
        // end
    }
}

// begin: v2, refiner
/// <summary>Refines schemas in a way of its own; requests name it as they name a provider.</summary>
public sealed class MyRefiner : ISchemaRefiner
{
    public string Name => "mine";

    public Task<SchemaRefinementResult> RefineSchemaAsync(SchemaRefinementRequest request, CancellationToken cancellationToken = default)
    {
        var code = request.Schema.Code.Replace("z.string()", "z.string().min(1)", StringComparison.Ordinal);
        var improvement = new SchemaImprovement
        {
            Field = "email",
            Before = "z.string()",
            After = "z.string().min(1)",
            Reason = "No text is empty.",
            Confidence = 0.9,
        };
        return Task.FromResult(new SchemaRefinementResult
        {
            RefinedSchema = new() { Code = code, Improvements = [improvement], Confidence = 0.9 },
            ProcessingTime = 1,
            AIProvider = Name,
        });
    }

    public Task<bool> CheckHealthAsync(CancellationToken cancellationToken = default) => Task.FromResult(true);

    public RefinerCapabilities GetCapabilities() => new() { SupportsJsonMode = true };
}
// end
