namespace Switchyard.Money;

/// <summary>A token price of a provider, in US dollars for a million tokens.</summary>
public sealed record PriceOffer
{
    /// <summary>The provider that offers it.</summary>
    public required string Provider { get; init; }

    /// <summary>The price of a million prompt tokens.</summary>
    public required decimal Input { get; init; }

    /// <summary>The price of a million generated tokens.</summary>
    public required decimal Output { get; init; }

    /// <summary>The model; null if it does not matter.</summary>
    public string? Model { get; init; }

    /// <summary>Creates an offer from prices for a thousand tokens.</summary>
    public static PriceOffer PerThousand(string provider, decimal input, decimal output, string? model = null) =>
        new() { Provider = provider, Input = input * 1000, Output = output * 1000, Model = model };

    /// <summary>The cost of the given tokens, in US dollars.</summary>
    public decimal CostOf(long inputTokens, long outputTokens) => ((inputTokens * Input) + (outputTokens * Output)) / 1_000_000;
}

/// <summary>The cheapest of several offers for given tokens.</summary>
/// <param name="Offer">The offer.</param>
/// <param name="EstimatedCost">The cost of the tokens with it, in US dollars.</param>
public sealed record CheapestOffer(PriceOffer Offer, decimal EstimatedCost)
{
    /// <summary>The provider that offers it.</summary>
    public string Provider => Offer.Provider;

    /// <summary>Finds the cheapest offer; the first of several equal ones. Null if there are no offers.</summary>
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
