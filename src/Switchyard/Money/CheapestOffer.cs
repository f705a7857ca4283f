namespace Switchyard.Money;

/// <summary>A price of somebody's tokens, in US dollars for a million of them.</summary>
/// <param name="Provider">Who offers it.</param>
/// <param name="Input">A million prompt tokens.</param>
/// <param name="Output">A million generated tokens.</param>
/// <param name="Model">The model; null where it does not matter.</param>
public sealed record PriceOffer(string Provider, decimal Input, decimal Output, string? Model = null)
{
    /// <summary>A price given for a thousand tokens.</summary>
    public static PriceOffer PerThousand(string provider, decimal input, decimal output, string? model = null) =>
        new(provider, input * 1000, output * 1000, model);

    /// <summary>What so many tokens cost, in US dollars.</summary>
    public decimal CostOf(long inputTokens, long outputTokens) => ((inputTokens * Input) + (outputTokens * Output)) / 1_000_000;
}

/// <summary>The cheapest of several offers for given tokens.</summary>
/// <param name="Offer">The offer.</param>
/// <param name="EstimatedCost">What the tokens cost with it, in US dollars.</param>
public sealed record CheapestOffer(PriceOffer Offer, decimal EstimatedCost)
{
    /// <summary>Who offers it.</summary>
    public string Provider => Offer.Provider;

    /// <summary>Finds the cheapest; of several that cost the same the first. Null where there is none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A count is negative.</exception>
    public static CheapestOffer? Find(IEnumerable<PriceOffer> offers, long inputTokens, long outputTokens)
    {
        ArgumentNullException.ThrowIfNull(offers);
        ArgumentOutOfRangeException.ThrowIfNegative(inputTokens);
        ArgumentOutOfRangeException.ThrowIfNegative(outputTokens);
        return offers.Select(offer => new CheapestOffer(offer, offer.CostOf(inputTokens, outputTokens)))
            .MinBy(found => found.EstimatedCost);
    }

    /// <summary>The provider and the cost with six decimals: <c>anthropic $0.010500</c>.</summary>
    public override string ToString() =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Provider} ${EstimatedCost:0.000000}");
}
