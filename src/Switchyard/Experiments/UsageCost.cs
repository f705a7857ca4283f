using Switchyard.Canonical;
using Switchyard.Models;

namespace Switchyard.Experiments;

/// <summary>What a call's tokens cost by the catalogue's price, for comparing variants. No bill: that needs the price of the
/// account.</summary>
internal static class UsageCost
{
    private const decimal Million = 1_000_000;

    /// <summary>US dollars; null where the price, or a count that it needs, is not known.</summary>
    public static double? Of(ModelPricing? pricing, in TokenUsage usage)
    {
        if (pricing is not { Unit: PriceUnit.Tokens } || usage.Input is not { } input)
            return null;
        var rates = pricing.RatesFor(input);
        var output = usage.Output ?? 0;
        if (rates.Input is not { } inputRate || (output > 0 && rates.Output is null))
            return null;
        var (read, write, reasoning) = (usage.CacheRead ?? 0, usage.CacheWrite ?? 0, usage.Reasoning ?? 0);
        var outputRate = rates.Output ?? 0;
        var plain = Math.Max(0, input - read - write);
        return (double)((
            (plain * inputRate)
            + (read * (rates.CacheRead ?? inputRate))
            + (write * (rates.CacheWrite ?? inputRate))
            + (Math.Max(0, output - reasoning) * outputRate)
            + (reasoning * (rates.Reasoning ?? outputRate))) / Million);
    }
}
