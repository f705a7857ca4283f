using Switchyard.Canonical;
using Switchyard.Models;
using Switchyard.Targets;

namespace Switchyard.Money;

/// <summary>
/// The price of a model for which others are announced: at any time the one that is in force on that day (UTC). Immutable and thread-safe.
/// </summary>
/// <param name="prices">The price in force now, and those of later days, by ascending day.</param>
/// <param name="time">The clock.</param>
internal sealed class DatedPrice(IReadOnlyList<ModelPrice> prices, TimeProvider time) : IDeploymentPrice
{
    public bool IsKnown => Current.IsKnown;

    public bool HasServiceTiers => Current.HasServiceTiers;

    public string Version => Current.Version;

    private ModelPrice Current
    {
        get
        {
            var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
            for (var i = prices.Count - 1; i > 0; i--)
            {
                if (prices[i].Pricing.From <= today)
                    return prices[i];
            }

            return prices[0];
        }
    }

    /// <summary>A price that changes on the announced days; the plain one if no change is announced.</summary>
    /// <param name="today">The price in force.</param>
    /// <param name="later">Those of later days, by ascending day.</param>
    /// <param name="priceOf">Makes a price of a catalogue's entry.</param>
    /// <param name="time">The clock.</param>
    public static IDeploymentPrice Of(
        ModelPricing today, IReadOnlyList<ModelPricing> later, Func<ModelPricing, ModelPrice> priceOf, TimeProvider time) =>
        later.Count == 0 ? priceOf(today) : new DatedPrice([priceOf(today), .. later.Select(priceOf)], time);

    // One price for all that is asked of the result: a call may end as the day does.
    public IDeploymentPrice At(string? tier) => Current.At(tier);

    public double? Of(long input, long cached, long output) => Current.Of(input, cached, output);

    public TokenCost CostOf(in TokenUsage usage, out Unpriced why) => Current.CostOf(usage, out why);

    public long? MostFor(long input, long output) => Current.MostFor(input, output);

    public long? MostFor(long input, long output, string? asked) => Current.MostFor(input, output, asked);

    public long MostForTools(long webSearches, long fileSearches) => Current.MostForTools(webSearches, fileSearches);
}
