using Switchyard.Models;
using Switchyard.Targets;
using Xunit;

namespace Switchyard.Tests.Models;

public sealed class ModelCatalogTests
{
    private static readonly ModelSource s_source = new() { Name = "facts", Commit = "0", Date = new DateOnly(2026, 7, 2), Licence = "MIT" };

    [Theory]
    [InlineData("openai", "gpt-4o", "gpt-4o")]
    [InlineData("anthropic", "claude-sonnet-4-5-20250929", "claude-sonnet-4-5-20250929")]
    [InlineData("anthropic", "claude-sonnet-4-6-20260217", "claude-sonnet-4-6")]
    [InlineData("openai", "gpt-4.1-mini-2025-04-14", "gpt-4.1-mini")]
    [InlineData("openai", "ft:gpt-4o-2024-08-06:acme::abc123", "ft:gpt-4o")]
    [InlineData("gemini", "models/gemini-2.5-pro", "gemini-2.5-pro")]
    [InlineData("bedrock", "apac.anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic.claude-sonnet-4-5-20250929-v1:0")]
    [InlineData(
        "bedrock", "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0",
        "anthropic.claude-haiku-4-5-20251001-v1:0")]
    [InlineData("bedrock", "global.anthropic.claude-haiku-4-5-20251001-v1:0", "global.anthropic.claude-haiku-4-5-20251001-v1:0")]
    [InlineData("google-vertex", "claude-sonnet-4-5@latest", "claude-sonnet-4-5@20250929")]
    [InlineData("huggingface", "qwen/qwen3-coder-480b-a35b-instruct", "Qwen/Qwen3-Coder-480B-A35B-Instruct")]
    public void A_model_is_found_under_the_names_its_provider_uses(string provider, string asked, string entry)
    {
        var found = ModelCatalog.Default.FindListed(provider, asked);

        Assert.NotNull(found);
        Assert.Equal(entry, found.TakenFrom is { } from ? from[(provider.Length + 1)..] : found.Id);
        Assert.NotEmpty(found.Prices);
        Assert.True(ModelCatalog.Default.IsListed(provider, asked));
    }

    [Theory]
    [InlineData("vercel", "anthropic/claude-sonnet-4-5")]
    [InlineData("local", "gpt-4o")]
    [InlineData("up", "models/gemini-2.5-pro")]
    public void Elsewhere_the_facts_of_a_model_are_known_and_its_price_is_not(string provider, string model)
    {
        var found = ModelCatalog.Default.Find(provider, model);

        Assert.NotNull(found);
        Assert.Equal((provider, model), (found.Provider, found.Id));
        Assert.NotNull(found.TakenFrom);
        Assert.True(found.Facts.Tools);
        Assert.Empty(found.Prices);
        Assert.Null(found.PriceOn(new DateOnly(2026, 11, 20)));
        Assert.False(ModelCatalog.Default.IsListed(provider, model));
    }

    [Fact]
    public void What_entries_of_one_model_do_not_agree_on_is_not_known()
    {
        var catalog = ModelCatalog.Of(
        [
            Some("a", "m-1", new ModelFacts { ContextWindow = 1000, MaxOutputTokens = 50, Tools = true }),
            Some("b", "maker/m-1", new ModelFacts { ContextWindow = 1000, MaxOutputTokens = 80 }),
            Some("c", "m-1-20260101", new ModelFacts { ContextWindow = 1000, Tools = true, Vision = true }),
        ]);

        var facts = catalog.FactsOf("elsewhere", "m-1");

        Assert.Equal((1000, null, true, true), (facts.ContextWindow, facts.MaxOutputTokens, facts.Tools, facts.Vision));
    }

    [Fact]
    public void What_the_index_of_the_files_finds_is_what_is_found_in_all_models_read()
    {
        var read = ModelCatalog.Of(ModelCatalog.Default.All);
        foreach (var model in ModelCatalog.Default.All.Select(model => model.Id).Distinct(StringComparer.Ordinal))
        {
            var expected = FamilyRules.Default.Complete("elsewhere", model, read.Find("elsewhere", model));
            Assert.Equivalent(expected, ModelCatalog.Default.Find("elsewhere", model), strict: true);
        }
    }

    [Theory]
    [InlineData("openai", "no-such-model")]
    [InlineData("no-such-provider", "no-such-model")]
    [InlineData("openai", "")]
    [InlineData("openai", "/")]
    [InlineData("", "none")]
    public void Of_an_unknown_model_nothing_is_known(string provider, string model)
    {
        Assert.Null(ModelCatalog.Default.Find(provider, model));
        Assert.Same(ModelFacts.Unknown, ModelCatalog.Default.FactsOf(provider, model));
    }

    [Fact]
    public void A_price_announced_for_a_day_holds_from_that_day()
    {
        var model = ModelCatalog.Default.Find("anthropic", "claude-sonnet-5")!;

        Assert.Equal(2m, model.PriceOn(new DateOnly(2026, 8, 31))!.Rates.Input);
        Assert.Equal(3m, model.PriceOn(new DateOnly(2026, 9, 1))!.Rates.Input);
        Assert.Equal(15m, model.PriceOn(new DateOnly(2027, 1, 1))!.Rates.Output);
    }

    [Fact]
    public void A_long_prompt_is_charged_by_its_tier()
    {
        var price = ModelCatalog.Default.All.SelectMany(model => model.Prices)
            .First(price => price.Tiers.Count > 0 && price.Rates.CacheRead is not null);
        var tier = price.Tiers[0];

        Assert.Equal(price.Rates, price.RatesFor(tier.AboveInputTokens));
        Assert.Equal(tier.Rates.Input, price.RatesFor(tier.AboveInputTokens + 1).Input);
    }

    [Fact]
    public void A_rate_a_tier_does_not_name_is_the_ordinary_one()
    {
        var price = new ModelPricing
        {
            Source = s_source,
            Rates = new ModelRates { Input = 1, Output = 2, CacheRead = 0.1m },
            Tiers = [new PriceTier(100, new ModelRates { Input = 3 })],
        };

        Assert.Equal(new ModelRates { Input = 3, Output = 2, CacheRead = 0.1m }, price.RatesFor(101));
    }

    [Fact]
    public void A_reranker_is_charged_by_the_search()
    {
        var price = ModelCatalog.Default.Find("cohere", "rerank-v3.5")!.PriceOn(new DateOnly(2026, 11, 20))!;

        Assert.Equal((PriceUnit.Searches, 2000m, null), (price.Unit, price.Rates.Input, price.Rates.Output));
        Assert.Equal(PriceUnit.Tokens, ModelCatalog.Default.Find("jina", "jina-reranker-v3")!.Prices[0].Unit);
    }

    [Fact]
    public void What_the_source_does_not_say_is_null_and_not_zero()
    {
        var priceless = ModelCatalog.Default.List("groq").Single(model => model.Id == "whisper-large-v3");
        Assert.Empty(priceless.Prices);
        Assert.Null(priceless.Facts.ContextWindow);

        var priceAlone = ModelCatalog.Default.List("groq").Single(model => model.Id == "mixtral-8x7b-32768");
        Assert.Null(priceAlone.Facts.Tools);
    }

    [Fact]
    public void Reasoning_controls_are_read()
    {
        var effort = ModelCatalog.Default.FactsOf("openai", "o4-mini");
        Assert.Equal(["low", "medium", "high"], effort.ReasoningEfforts);
        var budget = ModelCatalog.Default.FactsOf("gemini", "gemini-2.5-pro");
        Assert.Equal((true, 128, 32768), (budget.TakesReasoningBudget, budget.MinReasoningBudget, budget.MaxReasoningBudget));
        Assert.False(ModelCatalog.Default.FactsOf("openai", "o4-mini").Temperature);
    }

    [Theory]
    [InlineData("""{"provider":"a","sources":[],"modells":[]}""")]
    [InlineData("""{"provider":"a","sources":[{"name":"s","commit":"c","date":"2026-01-01","licence":"MIT"}],"models":[{"id":"m","price":{"inn":1}}]}""")]
    [InlineData(
        """{"provider":"a","sources":[{"name":"s","commit":"c","date":"2026-01-01","licence":"MIT"}],"models":[{"id":"m","contxt":1}]}""")]
    public void A_member_that_is_not_read_is_an_error(string file) =>
        Assert.Throws<System.Text.Json.JsonException>(() => ModelCatalogReader.Read(System.Text.Encoding.UTF8.GetBytes(file)));

    private static ModelInfo Some(string provider, string id, ModelFacts facts) =>
        new() { Provider = provider, Id = id, Name = id, Source = s_source, Facts = facts, InputModalities = ["text"] };
}
