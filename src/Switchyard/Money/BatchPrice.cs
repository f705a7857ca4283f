using Switchyard.Targets;

namespace Switchyard.Money;

/// <summary>
/// The price of a batch: that of the service tier <c>batch</c>, else the ordinary one. A batch is counted by the sum of its answers, so
/// rates of longer prompts do not apply: the sum is not the length of any prompt.
/// </summary>
internal static class BatchPrice
{
    /// <summary>The operation of ledger entries for batches, and the service tier.</summary>
    public const string Name = "batch";

    /// <summary>The price of a sum of answers, derived from the price of calls.</summary>
    /// <param name="price">The price of calls.</param>
    /// <param name="requests">How many answers the sum has: each costs what the price has for a request.</param>
    /// <param name="grounded">How many of them searched the web, which costs what the price has for such a request.</param>
    public static IDeploymentPrice Of(IDeploymentPrice price, long requests = 1, long grounded = 1)
    {
        if (price.At(Name) is not ModelPrice { Pricing: var pricing } found)
            return price.At(Name);
        var fees = pricing.Tools;
        return new ModelPrice(
            pricing with
            {
                Tiers = [],
                Rates = pricing.Rates with { Request = pricing.Rates.Request * requests },
                Tools = fees is null ? null : fees with { GroundedRequest = fees.GroundedRequest * grounded },
            },
            ModelPrice.TierOf(found.Version));
    }

    /// <summary>Whether a price depends on the number of answers, which the ledger does not have.</summary>
    public static bool IsByRequest(IDeploymentPrice price) =>
        price.At(null) is ModelPrice { Pricing: var pricing } && (pricing.Rates.Request > 0 || pricing.Tools?.GroundedRequest > 0);
}
