using System.IO.Enumeration;
using Switchyard.Configuration;
using Switchyard.Models;

namespace Switchyard.Money;

/// <summary>The prices that the configuration names, by pattern. Immutable and thread-safe.</summary>
internal sealed class PriceTable
{
    // The most specific first. One without a price names tools alone.
    private readonly (string Pattern, ModelPricing? Price, ToolFees? Tools)[] _entries;

    private PriceTable((string Pattern, ModelPricing? Price, ToolFees? Tools)[] entries) => _entries = entries;

    /// <summary>Makes the table.</summary>
    /// <param name="options">The prices as written.</param>
    /// <param name="nameOf">From a provider's name as written to the one it is registered under.</param>
    /// <param name="since">The day on which they came into force.</param>
    public static PriceTable Of(PricesOptions options, Func<string, string> nameOf, DateOnly since) => new(
    [
        .. options.Models
            .Select(entry => (Pattern: Registered(entry.Key, nameOf), Price: Pricing(entry.Value, since), Tools: Fees(entry.Value.Tools)))
            .OrderBy(entry => IsGlob(entry.Pattern))
            .ThenByDescending(entry => entry.Pattern.Count(letter => letter is not ('*' or '?')))
            .ThenBy(entry => entry.Pattern, StringComparer.OrdinalIgnoreCase),
    ]);

    /// <summary>The price of a provider's model; null where the configuration names none.</summary>
    public ModelPricing? Find(string provider, string model)
    {
        if (_entries.Length == 0)
            return null;
        var name = $"{provider}/{model}";
        foreach (var (pattern, price, _) in _entries)
        {
            if (price is not null && FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: true))
                return price;
        }

        return null;
    }

    /// <summary>A price of a provider's model with the fees of tools that the configuration names for it.</summary>
    public ModelPricing WithTools(ModelPricing price, string provider, string model)
    {
        if (_entries.Length == 0)
            return price;
        var name = $"{provider}/{model}";
        foreach (var (pattern, _, tools) in _entries)
        {
            if (tools is not null && FileSystemName.MatchesSimpleExpression(pattern, name, ignoreCase: true))
                return price with { Tools = tools };
        }

        return price;
    }

    private static string Registered(string pattern, Func<string, string> nameOf)
    {
        var slash = pattern.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && !IsGlob(pattern[..slash]) ? nameOf(pattern[..slash]) + pattern[slash..] : pattern;
    }

    private static bool IsGlob(string pattern) => pattern.AsSpan().ContainsAny('*', '?');

    private static ModelPricing? Pricing(PriceOptions price, DateOnly since) => price.IsOfToolsAlone ? null : new()
    {
        Source = new ModelSource("configuration", "", since, ""),
        Rates = Rates(price),
        ServiceTiers = [.. price.ServiceTiers.Select(tier => new ServiceTierRates(tier.Key, Rates(tier.Value)))],
    };

    private static ToolFees? Fees(ToolPriceOptions tools) =>
        tools.Fees.All(fee => fee.Fee is null) ? null : new(tools.WebSearch ?? 0, tools.FileSearch ?? 0, tools.GroundedRequest ?? 0);

    private static ModelRates Rates(PriceRatesOptions price) => new()
    {
        Input = price.Input,
        Output = price.Output,
        CacheRead = price.CacheRead,
        CacheWrite = price.CacheWrite,
        CacheWriteHour = price.CacheWriteHour,
        Reasoning = price.Reasoning,
        AudioInput = price.AudioInput,
        AudioOutput = price.AudioOutput,
        Request = price.Request,
    };
}
