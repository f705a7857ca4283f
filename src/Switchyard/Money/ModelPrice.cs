using System.Globalization;
using Switchyard.Canonical;
using Switchyard.Models;
using Switchyard.Targets;

namespace Switchyard.Money;

/// <summary>
/// The price of a deployment's model: the exact cost of tokens of each class, in nano-dollars. Immutable and thread-safe.
/// </summary>
/// <param name="pricing">The catalogue's or configured price.</param>
/// <param name="serviceTier">The service tier it applies to; null for the ordinary one.</param>
/// <param name="isOfInputAlone">
/// Whether the model's answers are not tokens (vectors, an order of documents), so that a price without a rate for them is complete.
/// </param>
internal sealed class ModelPrice(ModelPricing pricing, string? serviceTier = null, bool isOfInputAlone = false) : IDeploymentPrice
{
    private const double Million = 1e6;

    // One dollar for a million tokens is 1,000 nano-dollars a token.
    private const decimal NanoPerToken = 1000;

    // Tool fees are given per use, rates per million.
    private const decimal Uses = 1_000_000;

    private readonly (string Name, bool OnlyIfAsked, ModelPrice Price)[] _serviceTiers = ServiceTiersOf(pricing, isOfInputAlone);

    /// <summary>The price.</summary>
    public ModelPricing Pricing => pricing;

    // A price of searches counts as known, though it is not of tokens.
    public bool IsKnown => pricing.Rates.Input is not null
        && (pricing.Rates.Output is not null || isOfInputAlone || pricing.Unit != PriceUnit.Tokens);

    // The tier of a call is recorded only here; repricing needs it.
    public string Version { get; } =
        string.Create(CultureInfo.InvariantCulture, $"{pricing.Source.Name} {pricing.From ?? pricing.Source.Date:yyyy-MM-dd}")
            + (serviceTier is null ? "" : $" {serviceTier}");

    public bool HasServiceTiers => _serviceTiers.Length > 0;

    /// <summary>The service tier of a price, from its <see cref="Version"/>; null for the ordinary one.</summary>
    public static string? TierOf(string? version)
    {
        var last = version?[(version.LastIndexOf(' ') + 1)..];
        return DateOnly.TryParseExact(last, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _) ? null : last;
    }

    public IDeploymentPrice At(string? tier)
    {
        if (tier is null)
            return this;
        if (Find(tier) is { } own)
            return own;
        // Two modes at once without a price of their own cost at least what the dearer one does.
        return tier.Equals("fast-us", StringComparison.OrdinalIgnoreCase) ? Find("fast") ?? Find("us") ?? this : this;
    }

    public double? Of(long input, long cached, long output)
    {
        var rates = pricing.RatesFor(input);
        if (pricing.Unit != PriceUnit.Tokens || rates.Input is not { } inRate || (rates.Output is null && !isOfInputAlone))
            return null;
        var outRate = rates.Output ?? 0;
        var known = Math.Min(cached, input);
        return (((input - known) * (double)inRate) + (known * (double)(rates.CacheRead ?? inRate)) + (output * (double)outRate)) / Million;
    }

    public TokenCost CostOf(in TokenUsage usage, out Unpriced why)
    {
        why = pricing.Unit != PriceUnit.Tokens ? Unpriced.OtherUnit : usage.Total is null ? Unpriced.NoUsage : Unpriced.None;
        if (why != Unpriced.None)
            return default;
        var (input, output) = (usage.Input ?? 0, usage.Output ?? 0);
        var rates = pricing.RatesFor(input);
        // A part cannot be larger than the whole: if a provider reports that, the whole is used.
        var (read, write, heard) = Parts(input, usage.CacheRead, usage.CacheWrite, usage.InputAudio);
        var (reasoning, spoken, _) = Parts(output, usage.Reasoning, usage.OutputAudio, null);
        var hour = Math.Min(usage.CacheWriteHour ?? 0, write);
        var plain = input - read - write - heard;
        var said = output - reasoning - spoken;
        if ((rates.Input is null && (plain > 0 || Lacks(read, rates.CacheRead) || Lacks(write, rates.CacheWrite)
                || Lacks(heard, rates.AudioInput)))
            || (rates.Output is null && (said > 0 || Lacks(reasoning, rates.Reasoning) || Lacks(spoken, rates.AudioOutput))))
        {
            why = Unpriced.NoRate;
            return default;
        }

        var sum = new RunningSum();
        var (inRate, outRate) = (rates.Input ?? 0, rates.Output ?? 0);
        return new TokenCost
        {
            Input = sum.Next(plain * inRate),
            CacheRead = sum.Next(read * (rates.CacheRead ?? inRate)),
            CacheWrite = sum.Next(((write - hour) * (rates.CacheWrite ?? inRate))
                + (hour * (rates.CacheWriteHour ?? rates.CacheWrite ?? inRate))),
            InputAudio = sum.Next(heard * (rates.AudioInput ?? inRate)),
            Output = sum.Next(said * outRate),
            Reasoning = sum.Next(reasoning * (rates.Reasoning ?? outRate)),
            OutputAudio = sum.Next(spoken * (rates.AudioOutput ?? outRate)),
            Request = sum.Next((rates.Request ?? 0) + FeesOf(usage)),
        };
    }

    public long MostForTools(long webSearches, long fileSearches)
    {
        if (pricing.Tools is not { } fees)
            return 0;
        var nano = Fees(fees, webSearches, fileSearches) * NanoPerToken;
        return nano >= long.MaxValue ? long.MaxValue : (long)Math.Ceiling(nano);
    }

    public long? MostFor(long input, long output)
    {
        if (pricing.Unit != PriceUnit.Tokens)
            return null;
        // The most expensive tier for a prompt of up to this length.
        var most = MostFor(pricing.Rates, input, output);
        foreach (var tier in pricing.Tiers)
        {
            if (most is null)
                return null;
            if (input > tier.AboveInputTokens)
                most = MostFor(tier.Rates.Over(pricing.Rates), input, output) is { } nano ? Math.Max(most.Value, nano) : null;
        }

        return most;
    }

    public long? MostFor(long input, long output, string? asked)
    {
        var most = MostFor(input, output);
        if (!HasServiceTiers || ServiceTiers.IsOrdinary(asked))
            return most;
        // A provider may answer in the ordinary tier instead of the requested one. Without a requested tier it uses the tier set in its
        // console, which is unknown here; the same applies to a tier without a price.
        var named = At(asked);
        foreach (var (_, onlyIfAsked, price) in _serviceTiers)
        {
            if ((ReferenceEquals(named, this) && !onlyIfAsked) || ReferenceEquals(named, price))
                most = price.MostFor(input, output) is { } nano && most is { } before ? Math.Max(before, nano) : null;
        }

        return most;
    }

    /// <summary>The maximum cost of a call at some rates: all tokens of each side at its most expensive class.</summary>
    private static long? MostFor(ModelRates rates, long input, long output)
    {
        if (rates.Input is not { } plain || (rates.Output is null && output > 0))
            return null;
        var inRate = Math.Max(
            Math.Max(plain, Math.Max(rates.CacheWrite ?? 0, rates.CacheWriteHour ?? 0)),
            Math.Max(rates.CacheRead ?? 0, rates.AudioInput ?? 0));
        var outRate = Math.Max(rates.Output ?? 0, Math.Max(rates.Reasoning ?? 0, rates.AudioOutput ?? 0));
        var nano = ((input * inRate) + (output * outRate) + (rates.Request ?? 0)) * NanoPerToken;
        return nano >= long.MaxValue ? long.MaxValue : (long)Math.Ceiling(nano);
    }

    private ModelPrice? Find(string tier)
    {
        foreach (var (name, _, price) in _serviceTiers)
        {
            if (name.Equals(tier, StringComparison.OrdinalIgnoreCase))
                return price;
        }

        return null;
    }

    private static (string Name, bool OnlyIfAsked, ModelPrice Price)[] ServiceTiersOf(ModelPricing price, bool isOfInputAlone) =>
    [
        .. price.ServiceTiers.Select(tier => (
            tier.Name,
            tier.OnlyIfAsked,
            new ModelPrice(price with { Rates = tier.Rates, Tiers = [], ServiceTiers = [] }, tier.Name, isOfInputAlone))),
    ];

    /// <summary>The fees of tool uses, in the unit of the rates: dollars for a million such calls.</summary>
    private decimal FeesOf(in TokenUsage usage) =>
        pricing.Tools is { } fees ? Fees(fees, usage.WebSearches ?? 0, usage.FileSearches ?? 0) : 0;

    private static decimal Fees(ToolFees fees, long webSearches, long fileSearches) => Uses
        * ((webSearches * fees.WebSearch) + (fileSearches * fees.FileSearch) + (webSearches > 0 ? fees.GroundedRequest : 0));

    private static bool Lacks(long count, decimal? rate) => count > 0 && rate is null;

    private static (long First, long Second, long Third) Parts(long whole, long? first, long? second, long? third)
    {
        var one = Math.Min(first ?? 0, whole);
        var two = Math.Min(second ?? 0, whole - one);
        return (one, two, Math.Min(third ?? 0, whole - one - two));
    }

    /// <summary>Rounds the running sum, and assigns each class its increment: the classes then add up to the total rounded once.</summary>
    private struct RunningSum
    {
        private decimal _exact;
        private long _rounded;

        public long Next(decimal dollarsPerMillion)
        {
            if (dollarsPerMillion == 0)
                return 0;
            _exact += dollarsPerMillion * NanoPerToken;
            var rounded = _exact >= long.MaxValue ? long.MaxValue : (long)Math.Round(_exact, MidpointRounding.AwayFromZero);
            var added = rounded - _rounded;
            _rounded = rounded;
            return added;
        }
    }
}
