namespace Switchyard.Models;

/// <summary>
/// The price of a model, in US dollars for a million tokens unless <see cref="Unit"/> says otherwise. A null rate is unknown; 0 means that
/// the source lists it as free. Immutable.
/// </summary>
public sealed record ModelPricing
{
    /// <summary>The source of the price and its date.</summary>
    public required ModelSource Source { get; init; }

    /// <summary>The unit of which a rate prices a million.</summary>
    /// <value>The default is <see cref="PriceUnit.Tokens"/>.</value>
    public PriceUnit Unit { get; init; }

    /// <summary>The rates of an ordinary request.</summary>
    public required ModelRates Rates { get; init; }

    /// <summary>The rates of longer prompts, by ascending threshold; empty if length makes no difference.</summary>
    public IReadOnlyList<PriceTier> Tiers { get; init; } = [];

    /// <summary>The rates of service tiers other than the ordinary one; empty if none is known.</summary>
    internal IReadOnlyList<ServiceTierRates> ServiceTiers { get; init; } = [];

    /// <summary>The fees for the provider's own tools, in addition to tokens; null if unknown.</summary>
    internal ToolFees? Tools { get; init; }

    /// <summary>The day it comes into force; null if the source names none.</summary>
    public DateOnly? From { get; init; }

    /// <summary>Whether a second source states the same price; null if it states none.</summary>
    public bool? Confirmed { get; init; }

    /// <summary>The rates of a prompt of this length: those of its tier, or the ordinary rate if the tier has none.</summary>
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

/// <summary>The unit of which a rate prices a million.</summary>
public enum PriceUnit
{
    /// <summary>Tokens.</summary>
    Tokens,

    /// <summary>Searches: one query against up to a hundred documents.</summary>
    Searches,
}

/// <summary>Rates that apply to a whole request whose prompt is longer than a threshold.</summary>
/// <param name="AboveInputTokens">The threshold.</param>
/// <param name="Rates">The rates.</param>
public sealed record PriceTier(int AboveInputTokens, ModelRates Rates);

/// <summary>Rates that apply to a whole request in a service tier.</summary>
/// <param name="Name">The tier.</param>
/// <param name="Rates">The rates.</param>
internal sealed record ServiceTierRates(string Name, ModelRates Rates)
{
    /// <summary>Whether a request runs in the tier only if it asks for it, so that others need not be prepared to pay for it.</summary>
    public bool OnlyIfAsked { get; init; }
}

/// <summary>The fees for tools that the provider runs itself, in US dollars. Immutable.</summary>
/// <param name="WebSearch">Each search of the web.</param>
/// <param name="FileSearch">Each search in files stored at the provider.</param>
/// <param name="GroundedRequest">Each call with at least one web search.</param>
internal sealed record ToolFees(decimal WebSearch, decimal FileSearch, decimal GroundedRequest);

/// <summary>Rates in US dollars for a million; null if unknown.</summary>
public sealed record ModelRates
{
    /// <summary>Input neither read from nor written to a cache.</summary>
    public decimal? Input { get; init; }

    /// <summary>Output, including reasoning unless <see cref="Reasoning"/> is set.</summary>
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

    /// <summary>Reasoning output, if it has a separate rate.</summary>
    public decimal? Reasoning { get; init; }

    /// <summary>One call, in US dollars for a million calls.</summary>
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
