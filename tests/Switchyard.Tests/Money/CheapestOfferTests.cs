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
    public void Of_offers_that_cost_the_same_the_first_is_found() =>
        Assert.Equal("a", CheapestOffer.Find([new("a", 1, 2), new("b", 2, 1)], 1000, 1000)!.Provider);

    [Fact]
    public void There_are_no_negative_tokens() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => CheapestOffer.Find([new("a", 1, 2)], -1, 0));
}
