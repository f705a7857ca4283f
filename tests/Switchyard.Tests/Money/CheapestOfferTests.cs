using Switchyard.Listing;
using Switchyard.Models;
using Switchyard.Money;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Money;

/// <summary>The cheapest of several prices for given tokens.</summary>
public sealed class CheapestOfferTests
{
    [Fact]
    [Covers("S003-69")]
    public void The_cheapest_offer_for_given_tokens_is_found_with_its_cost()
    {
        PriceOffer[] offers = [PriceOffer.PerThousand("openai", 0.01m, 0.03m), PriceOffer.PerThousand("anthropic", 0.003m, 0.015m)];

        var found = CheapestOffer.Find(offers, inputTokens: 1000, outputTokens: 500)!;

        Assert.Equal(("anthropic", 0.0105m), (found.Provider, found.EstimatedCost));
        Assert.Equal("anthropic $0.010500", found.ToString());
        Assert.Equal(0.025m, offers[0].CostOf(1000, 500));
    }

    [Fact]
    [Covers("S003-70")]
    public void Among_no_offers_nothing_is_found() => Assert.Null(CheapestOffer.Find([], 1000, 500));

    [Fact]
    public void Of_offers_that_cost_the_same_the_first_is_found()
    {
        PriceOffer[] equal = [new() { Provider = "a", Input = 1, Output = 2 }, new() { Provider = "b", Input = 2, Output = 1 }];

        Assert.Equal("a", CheapestOffer.Find(equal, 1000, 1000)!.Provider);
    }

    [Fact]
    [Covers("S003-69")]
    public void Among_models_that_can_be_asked_for_the_cheapest_is_found_by_the_price_of_a_prompt_of_that_length()
    {
        var day = new DateOnly(2026, 11, 28);
        ListedModel[] models = [Model("a", 1, 4), Model("b", 2, 2), Model("searches", 0, 0, PriceUnit.Searches)];

        Assert.Equal("a", Find(1000, 100));
        Assert.Equal("b", Find(1000, 1000));
        // Above its threshold the first one is dearer.
        Assert.Equal("b", Find(200_000, 100));
        Assert.Null(CheapestOffer.Find(models[2..].Select(model => model.OfferOn(day, 1)).OfType<PriceOffer>(), 1, 1));

        string Find(long input, long output) => CheapestOffer.Find(
            models.Select(model => model.OfferOn(day, input)).OfType<PriceOffer>(), input, output)!.Provider;

        ListedModel Model(string provider, decimal input, decimal output, PriceUnit unit = PriceUnit.Tokens) =>
            new()
            {
                Id = $"{provider}/m",
                OwnedBy = provider,
                Provider = provider,
                Model = "m",
                ConfiguredPrice = new ModelPricing
                {
                    Source = new() { Name = "test", Commit = "", Date = day, Licence = "" },
                    Unit = unit,
                    Rates = new() { Input = input, Output = output },
                    Tiers = provider == "a" ? [new(100_000, new() { Input = 5 })] : [],
                },
            };
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, null)]
    public void The_price_of_a_prompt_alone_is_an_offer_where_answers_have_no_tokens(bool isEmbedding, int? output)
    {
        var day = new DateOnly(2026, 11, 28);
        var model = new ListedModel
        {
            Id = "a/m",
            OwnedBy = "a",
            Provider = "a",
            Model = "m",
            StatedCapabilities = isEmbedding ? new() { Completion = false, Embedding = true } : null,
            ConfiguredPrice = new ModelPricing
            {
                Source = new() { Name = "test", Commit = "", Date = day, Licence = "" },
                Rates = new() { Input = 1 },
            },
        };

        Assert.Equal((decimal?)output, model.OfferOn(day, 1)?.Output);
    }

    [Fact]
    public void There_are_no_negative_tokens() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => CheapestOffer.Find([new() { Provider = "a", Input = 1, Output = 2 }], -1, 0));
}
