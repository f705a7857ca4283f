using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Providers;
using Switchyard.TestKit;
using Switchyard.Tests.Client;
using Xunit;

namespace Switchyard.Tests.Engine;

/// <summary>Providers with their facts; switched, ranked and weighted while calls run.</summary>
public sealed class ProviderManagementTests
{
    private static readonly ProviderFacts s_gemini = new()
    {
        DisplayName = "Google Gemini",
        Description = "Google's models",
        CostPer1KInputTokens = 0.00025m,
        CostPer1KOutputTokens = 0.0005m,
        MaxTokensPerRequest = 32768,
        Features = ["streaming", "json_mode", "tools", "vision"],
        Version = "1.5",
    };

    private static readonly ProviderFacts s_custom = new()
    {
        DisplayName = "My own",
        Description = "A model of our own",
        CostPer1KInputTokens = 0.001m,
        CostPer1KOutputTokens = 0.002m,
        MaxTokensPerRequest = 4096,
        Features = ["json_mode"],
    };

    [Covers("S003-09", "S003-15")]
    [Fact]
    public async Task What_a_provider_is_registered_with_is_read_back_unchanged()
    {
        await using var given = await StartAsync(
            new("my-gemini") { Facts = s_gemini, PerMinute = 60, Priority = 85, Weight = 0.5 },
            new("mycustom") { Facts = s_custom, PerMinute = 100, Priority = 70, Weight = 0.5 });

        var gemini = given.Engine.FindProvider("my-gemini")!;
        Assert.Equal(
            ("my-gemini", "Google Gemini", "Google's models", "1.5", 0.00025m, 0.0005m, 60L, 32768, 85, 0.5, true, ProviderSource.Code),
            (gemini.Name, gemini.DisplayName, gemini.Description, gemini.Version, gemini.CostPer1KInputTokens, gemini.CostPer1KOutputTokens,
                gemini.MaxRequestsPerMinute, gemini.MaxTokensPerRequest, gemini.Priority, gemini.Weight, gemini.IsEnabled, gemini.Source));
        Assert.Equal(["streaming", "json_mode", "tools", "vision"], gemini.Features);
        var custom = given.Engine.FindProvider("mycustom")!;
        Assert.Equal(
            ("My own", 0.001m, 0.002m, 100L, 4096, 70, 0.5),
            (custom.DisplayName, custom.CostPer1KInputTokens, custom.CostPer1KOutputTokens, custom.MaxRequestsPerMinute,
                custom.MaxTokensPerRequest, custom.Priority, custom.Weight));
        Assert.Equal(["json_mode"], custom.Features);
        Assert.NotNull(custom.Provider);
    }

    [Covers("S003-09")]
    [Fact]
    public async Task What_the_configuration_says_of_a_provider_is_read_back_too()
    {
        await using var given = Given.AnEngine(options =>
        {
            options.Providers["house"] = new()
            {
                Type = "mock", DisplayName = "The house", Description = "In the basement", Version = "2", Features = ["tools"],
                MaxRequestTokens = 4096, Priority = 60, Weight = 0.25, Enabled = false,
            };
            options.Providers["mock"] = new();
            options.Limits["house"] = new() { RequestsPerMinute = 30 };
            options.Prices.Models["house/*"] = new() { Input = 2, Output = 8 };
        });
        await given.Engine.StartAsync(Stop);

        var house = given.Engine.FindProvider("house")!;

        Assert.Equal(
            ("The house", "In the basement", "2", 4096, 60, 0.25, false, 30L, 0.002m, 0.008m, ProviderSource.Configuration),
            (house.DisplayName, house.Description, house.Version, house.MaxTokensPerRequest, house.Priority, house.Weight, house.IsEnabled,
                house.MaxRequestsPerMinute, house.CostPer1KInputTokens, house.CostPer1KOutputTokens, house.Source));
        Assert.Equal(["tools"], house.Features);
        Assert.Null(house.Dialect);
        Assert.Equal("Mock", given.Engine.FindProvider("mock")!.DisplayName);
    }

    [Covers("S003-09", "S003-56")]
    [Fact]
    public async Task The_requests_of_a_minute_are_those_of_the_limit_in_force()
    {
        await using var given = await StartAsync(new Registered("acme") { PerMinute = 60 });
        Assert.Equal(60, given.Engine.FindProvider("acme")!.MaxRequestsPerMinute);

        await given.Engine.Limits.SetLimitAsync(
            "acme", new() { Requests = 1000, Window = TimeSpan.FromMilliseconds(60000) }, cancellationToken: Stop);
        Assert.Equal(1000, given.Engine.FindProvider("acme")!.MaxRequestsPerMinute);

        await given.Engine.Limits.SetLimitAsync("acme", new() { Requests = 1000, Enabled = false }, cancellationToken: Stop);
        Assert.Null(given.Engine.FindProvider("acme")!.MaxRequestsPerMinute);

        await given.Engine.Limits.SetLimitAsync("acme", new() { Concurrency = 3 }, cancellationToken: Stop);
        Assert.Null(given.Engine.FindProvider("acme")!.MaxRequestsPerMinute);
    }

    [Covers("S004-16", "S004-26")]
    [Fact]
    public async Task The_times_of_a_provider_are_its_own_else_the_longer_of_the_catalogues_and_the_configured_ones()
    {
        await using var given = Given.AnEngine(options =>
        {
            options.Timeouts.FirstToken = TimeSpan.FromSeconds(30);
            options.Providers["mock"] = new();
            options.Providers["huggingface"] = new() { Key = "hf-1" };
            options.Providers["near"] = new()
            {
                Key = "near-1", Timeout = TimeSpan.FromSeconds(7), AttemptTimeout = TimeSpan.FromSeconds(8),
            };
        });
        await given.Engine.StartAsync(Stop);

        Assert.Equal((30, 120, 7), (SecondsOf("mock"), SecondsOf("huggingface"), SecondsOf("near")));
        Assert.Equal(TimeSpan.FromSeconds(8), given.Engine.FindProvider("near")!.AttemptTimeout);
        Assert.Equal(given.Engine.Options.Timeouts.Attempt, given.Engine.FindProvider("mock")!.AttemptTimeout);
        await given.Engine.ApplyAsync(options => options.Timeouts.FirstToken = TimeSpan.FromMinutes(4), Stop);
        Assert.Equal((240, 240, 7), (SecondsOf("mock"), SecondsOf("huggingface"), SecondsOf("near")));
        Assert.Null(given.Engine.FindProvider("nobody"));

        double? SecondsOf(string name) => given.Engine.FindProvider(name)!.FirstTokenTimeout?.TotalSeconds;
    }

    [Covers("S003-10")]
    [Fact]
    public async Task Costs_for_a_thousand_tokens_are_what_calls_cost()
    {
        await using var given = await StartAsync(new Registered("mycustom") { Facts = s_custom });

        var route = await given.Engine.ExplainAsync("mycustom/own", cancellationToken: Stop);
        await given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "mycustom/own" }, Stop);

        Assert.Equal("mycustom", route.Candidates[0].Provider);
        using var held = given.Engine.Hold();
        var found = await held.Snapshot.Routes.ResolveAsync("mycustom/own", Canonical.CallOperation.Chat, Stop);
        // 1,000 tokens in at 0.001 and 500 out at 0.002 a thousand.
        Assert.Equal(0.002, found.Route!.Groups[0].Deployments[0].Price!.Of(1000, 0, 500)!.Value, 12);
    }

    [Fact]
    public async Task An_explanation_of_a_request_that_names_its_targets_is_about_them()
    {
        await using var given = await StartAsync(new Registered("mycustom"));
        var envelope = new CallEnvelope { Operation = Canonical.CallOperation.Chat, Model = "(any)" };
        var nothing = new Canonical.CanonicalChatRequest([], new());

        var route = await given.Engine.ExplainAsync(
            new CallRequest(envelope, CallBody.FromCanonical(nothing)) { Targets = ["mycustom/own"] }, cancellationToken: Stop);

        Assert.Equal(("(any)", "mycustom", "own"), (route.Route, route.Chosen!.Value.Provider, route.Chosen!.Value.Model));
    }

    [Covers("S003-14")]
    [Fact]
    public async Task The_figures_of_a_start_can_be_set_in_code_and_one_that_fails_stops_no_other()
    {
        await using var given = await StartAsync(
            new("openai") { Facts = Costs(0.01m, 0.03m), PerMinute = 500, Priority = 90, Weight = 0.7 },
            new("anthropic") { Facts = Costs(0.003m, 0.015m), PerMinute = 1000, Priority = 80, Weight = 0.3 },
            new("spare") { Facts = Costs(0, 0), PerMinute = 10000, Priority = 0, Weight = 0 });
        await given.Engine.SetProviderEnabledAsync("spare", false, cancellationToken: Stop);

        Assert.Equal(
            ["anthropic 0.003/0.015 1000 80 0.3 True", "openai 0.01/0.03 500 90 0.7 True", "spare 0/0 10000 0 0 False"],
            given.Engine.GetAllProviders().Where(provider => provider.Source == ProviderSource.Code).Select(Figures));
        await given.Engine.ApplyAsync(options => options.Providers["mistral"] = new() { Key = "" }, Stop);
        Assert.Equal("from openai", await AskAsync(given, "openai/own"));
    }

    [Covers("S003-16")]
    [Fact]
    public async Task One_that_is_switched_off_is_neither_chosen_nor_fallen_back_on_and_comes_back()
    {
        await using var given = await StartAsync(new("high") { Priority = 90 }, new("low") { Priority = 10 });
        Assert.Equal("from high", await AskAsync(given, "own"));

        Assert.True(await given.Engine.SetProviderEnabledAsync("high", false, cancellationToken: Stop));
        Assert.Equal("from low", await AskAsync(given, "own"));
        Assert.False(given.Engine.FindProvider("high")!.IsEnabled);
        Assert.DoesNotContain("high", given.Engine.ProviderNames);
        var refused = await Assert.ThrowsAnyAsync<CallException>(() => AskAsync(given, "high/own"));
        Assert.Equal(CallErrorKind.Forbidden, refused.Error.Kind);

        Assert.True(await given.Engine.SetProviderEnabledAsync("high", true, cancellationToken: Stop));
        Assert.Equal("from high", await AskAsync(given, "own"));
        Assert.False(await given.Engine.SetProviderEnabledAsync("nobody", false, cancellationToken: Stop));
    }

    [Fact]
    public async Task One_that_is_removed_while_a_call_runs_is_passed_over_by_that_call()
    {
        Given? given = null;
        var first = new ScriptedClient(nth =>
        {
            // It has left the registry when this returns.
            _ = given!.Engine.Registry.UnregisterAsync("gone").AsTask();
            return [new InvalidOperationException("It failed.")];
        });
        await using var started = given = Given.AnEngine(
            options => options.Models["fast"] = new()
            {
                Targets = [new() { Model = "first/a" }, new() { Model = "gone/b" }, new() { Model = "next/c" }],
            },
            builder => builder.AddProvider("first", first)
                .AddProvider("gone", new ScriptedClient("from the gone"))
                .AddProvider("next", new ScriptedClient("from the next")));

        Assert.Equal("from the next", await AskAsync(started, "fast"));
        Assert.Equal(3, started.Ended.Single().Attempts.Count);
    }

    [Covers("S003-17")]
    [Fact]
    public async Task A_priority_holds_from_the_next_call_on_and_is_brought_within_bounds()
    {
        await using var given = await StartAsync(new("high") { Priority = 90 }, new("low") { Priority = 10 });

        Assert.True(await given.Engine.SetProviderPriorityAsync("low", 95, cancellationToken: Stop));
        Assert.Equal("from low", await AskAsync(given, "own"));
        Assert.Equal(95, given.Engine.FindProvider("low")!.Priority);

        Assert.True(await given.Engine.SetProviderPriorityAsync("low", -5, cancellationToken: Stop));
        Assert.Equal((0, "from high"), (given.Engine.FindProvider("low")!.Priority, await AskAsync(given, "own")));
        await given.Engine.SetProviderPriorityAsync("low", 5000, cancellationToken: Stop);
        Assert.Equal(SwitchyardEngine.HighestPriority, given.Engine.FindProvider("low")!.Priority);
        Assert.False(await given.Engine.SetProviderPriorityAsync("nobody", 1, cancellationToken: Stop));
    }

    [Covers("S003-18")]
    [Fact]
    public async Task A_weight_holds_from_the_next_call_on_and_is_brought_within_bounds()
    {
        await using var given = await StartAsync(new("one"), new("two"));
        await given.Engine.ApplyAsync(options => options.Routing.Strategy = "weighted", Stop);

        Assert.True(await given.Engine.SetProviderWeightAsync("one", 0, cancellationToken: Stop));
        Assert.True(await given.Engine.SetProviderWeightAsync("two", 0.8, cancellationToken: Stop));
        for (var i = 0; i < 20; i++)
            Assert.Equal("from two", await AskAsync(given, "own"));
        Assert.Equal(0.8, given.Engine.FindProvider("two")!.Weight);

        await given.Engine.SetProviderWeightAsync("two", 7, cancellationToken: Stop);
        await given.Engine.SetProviderWeightAsync("one", -1, cancellationToken: Stop);
        Assert.Equal((0, 1), (given.Engine.FindProvider("one")!.Weight, given.Engine.FindProvider("two")!.Weight));
        Assert.False(await given.Engine.SetProviderWeightAsync("nobody", 1, cancellationToken: Stop));
    }

    [Covers("S003-19")]
    [Fact]
    public async Task All_are_listed_with_what_is_known_of_them_enabled_or_not()
    {
        await using var given = await StartAsync(new Registered("acme") { Priority = 5 });
        await given.Engine.ApplyAsync(options => options.Providers["house"] = new() { Type = "mock", Enabled = false }, Stop);
        await given.Engine.ApplyAsync(options => options.Providers["anthropic"] = new(), Stop);
        await given.Engine.SetProviderEnabledAsync("acme", false, cancellationToken: Stop);

        var all = given.Engine.GetAllProviders();

        Assert.Equal(
            [
                ("acme", false, ProviderSource.Code), ("anthropic", true, ProviderSource.Configuration),
                ("house", false, ProviderSource.Configuration),
            ],
            all.Select(provider => (provider.Name, provider.IsEnabled, provider.Source)));
        Assert.NotNull(all[0].Provider);
        Assert.NotNull(all[1].Problem);
        Assert.Equal("anthropic", given.Engine.FindProvider(" Anthropic ")?.Name);
        Assert.Null(given.Engine.FindProvider("nobody"));
    }

    [Fact]
    public async Task Naming_a_weight_does_not_make_a_provider_the_only_one()
    {
        await using var given = await StartAsync(new("one"), new("two"));

        await given.Engine.Configuration.UpdateAsync(
            new Dictionary<string, string?> { ["providers.one.weight"] = "0.5" }, cancellationToken: Stop);

        Assert.Equal(["one", "two"], given.Engine.ProviderNames);
        Assert.Empty(given.Engine.Options.Providers);
        Assert.Equal("0.5", (string?)Assert.Single(given.Engine.Configuration.Describe("providers.one")).Value);
        await given.Engine.Configuration.ResetAsync(["providers.one.weight"], cancellationToken: Stop);
        Assert.Equal(1, given.Engine.FindProvider("one")!.Weight);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static string Figures(ProviderInfo provider) => FormattableString.Invariant(
        $"{provider.Name} {provider.CostPer1KInputTokens}/{provider.CostPer1KOutputTokens} {provider.MaxRequestsPerMinute} ")
        + FormattableString.Invariant($"{provider.Priority} {provider.Weight} {provider.IsEnabled}");

    private static ProviderFacts Costs(decimal input, decimal output) =>
        new() { CostPer1KInputTokens = input, CostPer1KOutputTokens = output };

    private static async Task<string> AskAsync(Given given, string model) =>
        (await given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = model }, Stop)).Text;

    private static async Task<Given> StartAsync(params Registered[] providers)
    {
        var given = Given.AnEngine(build: builder =>
        {
            foreach (var provider in providers)
            {
                builder.AddProvider(
                    new ChatClientProvider(provider.Name, new ScriptedClient($"from {provider.Name}")),
                    new ProviderSettings
                    {
                        Type = provider.Name,
                        Models = ["own"],
                        Facts = provider.Facts,
                        MaxRequestsPerMinute = provider.PerMinute,
                        Priority = provider.Priority,
                        Weight = provider.Weight,
                    });
            }
        });
        await given.Engine.StartAsync(Stop);
        return given;
    }

    private sealed record Registered(string Name)
    {
        public ProviderFacts? Facts { get; init; }

        public int? PerMinute { get; init; }

        public int? Priority { get; init; }

        public double Weight { get; init; } = 1;
    }
}
