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

    /// <summary>The price of batches, derived from the price of calls.</summary>
    public static IDeploymentPrice Of(IDeploymentPrice price) => price.At(Name) switch
    {
        ModelPrice { Pricing: { Tiers.Count: > 0 } pricing } => new ModelPrice(pricing with { Tiers = [] }),
        var found => found,
    };
}
