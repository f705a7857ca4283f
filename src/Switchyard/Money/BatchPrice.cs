using Switchyard.Targets;

namespace Switchyard.Money;

/// <summary>
/// What a batch costs: the price of the service tier <c>batch</c>, else the ordinary one. What is counted is the sum of its answers, so
/// rates of longer prompts do not apply: the length of a sum is that of no prompt.
/// </summary>
internal static class BatchPrice
{
    /// <summary>The operation of the ledger's entries of batches, and the service tier.</summary>
    public const string Name = "batch";

    /// <summary>The price of batches, from that of calls.</summary>
    public static IDeploymentPrice Of(IDeploymentPrice price) => price.At(Name) switch
    {
        ModelPrice { Pricing: { Tiers.Count: > 0 } pricing } => new ModelPrice(pricing with { Tiers = [] }),
        var found => found,
    };
}
