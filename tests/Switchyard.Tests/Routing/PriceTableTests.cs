using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Models;
using Switchyard.Money;
using Switchyard.Routing;
using Switchyard.TestKit;
using Switchyard.Tests.Client;
using Xunit;
using Given = Switchyard.Tests.Client.Given;

namespace Switchyard.Tests.Routing;

/// <summary>Configured prices: which one applies, its effect, and calls without a known price.</summary>
public sealed class PriceTableTests
{
    [Theory]
    [InlineData("local", "qwen", 1)]
    [InlineData("local", "llama-3", 2)]
    [InlineData("LOCAL", "Llama-3.3-70b", 2)]
    [InlineData("local", "llama-3.3-8b", 3)]
    [InlineData("gemini", "gemini-2.5-pro", 4)]
    [InlineData("other", "qwen", 5)]
    [InlineData("other", "text", null)]
    public void The_most_specific_pattern_counts(string provider, string model, int? input)
    {
        var options = new PricesOptions();
        foreach (var (pattern, rate) in new[]
        {
            ("*/q*", 5), ("local/*", 1), ("local/llama-*", 2), ("local/llama-3.3-8b", 3), ("google/*", 4),
        })
            options.Models[pattern] = new() { Input = rate, Output = 0 };
        var table = PriceTable.Of(options, name => name == "google" ? "gemini" : name, new(2026, 11, 28));

        var price = table.Find(provider, model);

        Assert.Equal(input, price?.Rates.Input);
        Assert.Equal(input is null ? null : new ModelSource { Name = "configuration", Date = new(2026, 11, 28) }, price?.Source);
    }

    [Covers("S003-25")]
    [Theory]
    [InlineData(null, "rival")]
    [InlineData(100, "acme")]
    public async Task Cost_counts_a_thousand_tokens_each_way_unless_the_call_says_otherwise(int? limit, string expected)
    {
        await using var given = AnEngine(options =>
        {
            options.Models["fast"] = new()
            {
                Strategy = "cost", Targets = [new() { Model = "acme/small" }, new() { Model = "rival/small" }],
            };
            // For 1,000 and 1,000 tokens 3.1 and 2 thousandths of a dollar; for 1,000 and 100 tokens 0.4 and 1.1.
            options.Prices.Models["acme/*"] = new() { Input = 0.1m, Output = 3 };
            options.Prices.Models["rival/*"] = new() { Input = 1, Output = 1 };
        });

        var answer = await given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = "fast", MaxOutputTokens = limit });

        Assert.Equal($"from {expected}", answer.Text);
    }

    [Fact]
    public async Task A_call_without_a_known_price_is_refused_before_it_is_sent_where_the_configuration_says_so()
    {
        await using var given = AnEngine(options =>
        {
            options.Prices.Unknown = "refuse";
            options.Prices.Models["acme/small"] = new() { Input = 0, Output = 0 };
            options.Models["both"] = new() { Targets = [new() { Model = "rival/small" }], Fallback = [new() { Model = "acme/small" }] };
            options.Models["unpriced"] = new() { Targets = [new() { Model = "rival/small" }] };
        });

        Assert.Equal("from acme", await AskAsync("acme/small"));
        Assert.Equal("from acme", await AskAsync("both"));
        Assert.Equal("from acme", await AskAsync("small"));
        foreach (var model in new[] { "rival/small", "rival", "unpriced", "acme/large" })
        {
            var refused = await Assert.ThrowsAsync<CallException>(() => AskAsync(model));
            Assert.Equal(
                (CallErrorKind.InvalidRequest, "price_unknown", "model"), (refused.Error.Kind, refused.Error.Code, refused.Error.Param));
            Assert.Contains("prices.unknown: refuse", refused.Message, StringComparison.Ordinal);
        }

        Assert.True((await given.Engine.ApplyAsync(options => options.Prices.Unknown = "flag")).Applied);
        Assert.Equal("from rival", await AskAsync("rival/small"));

        async Task<string> AskAsync(string model) =>
            (await given.Chat.GetResponseAsync("Hello", new ChatOptions { ModelId = model })).Text;
    }

    /// <summary>Two tokens at 1 dollar for a million, or at 2, or at 6 where the request asks for it.</summary>
    [Theory]
    [InlineData(null, 4_000L)]
    [InlineData("us", 4_000L)]
    [InlineData("fast", 12_000L)]
    public void A_configured_price_of_fast_mode_is_not_held_for_calls_that_do_not_ask_for_it(string? asked, long nano)
    {
        var options = new PricesOptions();
        options.Models["anthropic/*"] = new()
        {
            Input = 1,
            Output = 1,
            ServiceTiers = { ["us"] = new() { Input = 2, Output = 2 }, ["Fast"] = new() { Input = 6, Output = 6 } },
        };

        var price = new ModelPrice(PriceTable.Of(options, static name => name, new(2026, 11, 30)).Find("anthropic", "claude")!);

        Assert.Equal(nano, price.MostFor(1, 1, asked));
    }

    [Fact]
    public async Task A_configured_price_is_listed_in_place_of_the_catalogues()
    {
        await using var given = AnEngine(
            options => options.Prices.Models["acme/*"] = new() { Input = 0.25m, Output = 1.5m, CacheRead = 0.1m });
        await given.Engine.StartAsync();

        var acme = await given.Engine.Models.GetAsync("acme/small", default);
        var rival = await given.Engine.Models.GetAsync("rival/small", default);

        Assert.Equal((0.25m, 1.5m, 0.1m), Rates(acme.PriceOn(new(2026, 11, 28))));
        Assert.Null(rival.PriceOn(new(2026, 11, 28)));

        static (decimal?, decimal?, decimal?) Rates(ModelPricing? price) =>
            (price!.Rates.Input, price.Rates.Output, price.Rates.CacheRead);
    }

    private static Given AnEngine(Action<SwitchyardOptions> configure) => Given.AnEngine(
        configure,
        builder => builder
            .AddProvider("acme", new ScriptedClient("from acme"), null, "small")
            .AddProvider("rival", new ScriptedClient("from rival"), null, "small"));
}
