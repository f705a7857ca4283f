namespace Switchyard.Models;

/// <summary>
/// What a model costs, in US dollars for a million tokens unless <see cref="Unit"/> says otherwise. A rate that is null is not known;
/// 0 is what the source lists as free. Immutable.
/// </summary>
public sealed record ModelPricing
{
    /// <summary>The source of the price and its date.</summary>
    public required ModelSource Source { get; init; }

    /// <summary>What a rate is for a million of.</summary>
    /// <value>The default is <see cref="PriceUnit.Tokens"/>.</value>
    public PriceUnit Unit { get; init; }

    /// <summary>The rates of an ordinary request.</summary>
    public required ModelRates Rates { get; init; }

    /// <summary>The rates of longer prompts, by rising threshold; empty when length makes no difference.</summary>
    public IReadOnlyList<PriceTier> Tiers { get; init; } = [];

    /// <summary>The rates of other service tiers than the ordinary one; empty where none is known.</summary>
    internal IReadOnlyList<ServiceTierRates> ServiceTiers { get; init; } = [];

    /// <summary>What uses of the provider's own tools cost beside the tokens; null where none is known.</summary>
    internal ToolFees? Tools { get; init; }

    /// <summary>The day it comes into force; null when the source names no day.</summary>
    public DateOnly? From { get; init; }

    /// <summary>Whether a second source names the same price; null where it names none.</summary>
    public bool? Confirmed { get; init; }

    /// <summary>The rates of a prompt of this length: those of its tier, and the ordinary rate where the tier has none.</summary>
    public ModelRates RatesFor(long inputTokens)
    {
        var rates = Rates;
        foreach (var tier in Tiers)
        {
            if (inputTokens > tier.AboveInputTokens)
                rates = tier.Rates.Over(Rates);
        }

        return rates;
    }
}

/// <summary>What a rate is for a million of.</summary>
public enum PriceUnit
{
    /// <summary>Tokens.</summary>
    Tokens,

    /// <summary>Searches: one query against up to a hundred documents.</summary>
    Searches,
}

/// <summary>Rates that hold for a whole request whose prompt is longer than a threshold.</summary>
/// <param name="AboveInputTokens">The threshold.</param>
/// <param name="Rates">The rates.</param>
public sealed record PriceTier(int AboveInputTokens, ModelRates Rates);

/// <summary>Rates that hold for a whole request that was made in a service tier.</summary>
/// <param name="Name">The tier.</param>
/// <param name="Rates">The rates.</param>
internal sealed record ServiceTierRates(string Name, ModelRates Rates);

/// <summary>What uses of tools cost that the provider runs itself, in US dollars. Immutable.</summary>
/// <param name="WebSearch">Each search of the web.</param>
/// <param name="FileSearch">Each search of files that the provider keeps.</param>
/// <param name="GroundedRequest">Each call for which the web was searched, however often.</param>
internal sealed record ToolFees(decimal WebSearch, decimal FileSearch, decimal GroundedRequest);

/// <summary>US dollars for a million; null where not known.</summary>
public sealed record ModelRates
{
    /// <summary>Input neither read from nor written to a cache.</summary>
    public decimal? Input { get; init; }

    /// <summary>Output, reasoning included unless <see cref="Reasoning"/> is named.</summary>
    public decimal? Output { get; init; }

    /// <summary>Input read from the provider's cache.</summary>
    public decimal? CacheRead { get; init; }

    /// <summary>Input written to the provider's cache, kept for minutes.</summary>
    public decimal? CacheWrite { get; init; }

    /// <summary>Input written to the provider's cache, kept for an hour.</summary>
    public decimal? CacheWriteHour { get; init; }

    /// <summary>Audio in.</summary>
    public decimal? AudioInput { get; init; }

    /// <summary>Audio out.</summary>
    public decimal? AudioOutput { get; init; }

    /// <summary>Output spent on reasoning, where it has a rate of its own.</summary>
    public decimal? Reasoning { get; init; }

    /// <summary>One call, whatever it holds, in US dollars for a million of them.</summary>
    public decimal? Request { get; init; }

    internal ModelRates Over(ModelRates other) => new()
    {
        Input = Input ?? other.Input,
        Output = Output ?? other.Output,
        CacheRead = CacheRead ?? other.CacheRead,
        CacheWrite = CacheWrite ?? other.CacheWrite,
        CacheWriteHour = CacheWriteHour ?? other.CacheWriteHour,
        AudioInput = AudioInput ?? other.AudioInput,
        AudioOutput = AudioOutput ?? other.AudioOutput,
        Reasoning = Reasoning ?? other.Reasoning,
        Request = Request ?? other.Request,
    };
}
