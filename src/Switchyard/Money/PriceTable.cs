using System.IO.Enumeration;
using Switchyard.Configuration;
using Switchyard.Models;
using Switchyard.Targets;

namespace Switchyard.Money;

/// <summary>The configured prices, by pattern. Immutable and thread-safe.</summary>
internal sealed class PriceTable
{
    // Anthropic's fast mode: no setting of an account chooses it, so that budgets need not hold its price for other calls.
    private static readonly string[] s_onlyIfAsked = ["fast", "fast-us"];

    // The most specific first. An entry without a price only sets tool fees.
    private readonly (string Pattern, ModelPricing? Price, ToolFees? Tools)[] _entries;

    private PriceTable((string Pattern, ModelPricing? Price, ToolFees? Tools)[] entries) => _entries = entries;

    /// <summary>Creates the table.</summary>
    /// <param name="options">The configured prices.</param>
    /// <param name="nameOf">Maps a provider's configured name to the name it is registered under.</param>
    /// <param name="since">The day on which they came into force.</param>
    public static PriceTable Of(PricesOptions options, Func<string, string> nameOf, DateOnly since) => new(
    [
        .. options.Models
            .Select(entry => (
                Pattern: TargetNames.Registered(entry.Key, nameOf),
                Price: Pricing(entry.Value, since),
                Tools: Fees(entry.Value.Tools)))
            .OrderBy(entry => IsGlob(entry.Pattern))
            .ThenByDescending(entry => entry.Pattern.Count(letter => letter is not ('*' or '?')))
            .ThenBy(entry => entry.Pattern, StringComparer.OrdinalIgnoreCase),
    ]);

    /// <summary>The price of a provider's model; null if the configuration has none.</summary>
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

        // The price of a name holds for each of its versions.
        return TargetNames.WithoutVersion(provider) is { } bare ? Find(bare, model) : null;
    }

    /// <summary>Adds the configured tool fees to the price of a provider's model.</summary>
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

        return TargetNames.WithoutVersion(provider) is { } bare ? WithTools(price, bare, model) : price;
    }

    private static bool IsGlob(string pattern) => pattern.AsSpan().ContainsAny('*', '?');

    private static ModelPricing? Pricing(PriceOptions price, DateOnly since) => price.IsOfToolsAlone ? null : new()
    {
        Source = new ModelSource { Name = "configuration", Date = since },
        Rates = Rates(price),
        ServiceTiers =
        [
            .. price.ServiceTiers.Select(tier => new ServiceTierRates(tier.Key, Rates(tier.Value))
            {
                OnlyIfAsked = s_onlyIfAsked.Contains(tier.Key, StringComparer.OrdinalIgnoreCase),
            }),
        ],
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
