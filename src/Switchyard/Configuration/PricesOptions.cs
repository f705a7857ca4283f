using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>What models cost, where the catalogue does not know it or your contract says otherwise.</summary>
public sealed class PricesOptions
{
    /// <summary>
    /// What happens to a call whose price is not known: <c>flag</c> (it is made, and its price stays unknown rather than 0) or
    /// <c>refuse</c>.
    /// </summary>
    /// <value>The default is <c>flag</c>.</value>
    [ConfigurationKeyName("unknown"), KnownValues("flag", "refuse")]
    public string Unknown { get; set; } = "flag";

    /// <summary>
    /// Prices by pattern: <c>provider/model</c>, where <c>*</c> stands for any characters and <c>?</c> for one. Of several that match the
    /// most specific one counts.
    /// </summary>
    [OtherKeys]
    public Dictionary<string, PriceOptions> Models { get; set; } = new(StringComparer.OrdinalIgnoreCase);
}

/// <summary>One price, in US dollars for a million tokens. It takes the place of the catalogue's as a whole.</summary>
public sealed class PriceOptions : PriceRatesOptions
{
    /// <summary>
    /// The prices of the provider's other service tiers, by their names (<c>priority</c>, <c>flex</c>). A call costs that of the tier its
    /// answer names, else of the one it asks for.
    /// </summary>
    [ConfigurationKeyName("service_tiers")]
    public Dictionary<string, ServiceTierPriceOptions> ServiceTiers { get; set; } = new(StringComparer.OrdinalIgnoreCase);
}

/// <summary>The price of one service tier, in US dollars for a million tokens.</summary>
public sealed class ServiceTierPriceOptions : PriceRatesOptions;

/// <summary>The rates of one price, in US dollars for a million tokens.</summary>
public abstract class PriceRatesOptions
{
    /// <summary>The prompt.</summary>
    [ConfigurationKeyName("input")]
    public decimal? Input { get; set; }

    /// <summary>The answer; 0 where there is none, as with embeddings.</summary>
    [ConfigurationKeyName("output")]
    public decimal? Output { get; set; }

    /// <summary>What of the prompt is read from the provider's cache; null takes the price of the prompt.</summary>
    [ConfigurationKeyName("cache_read")]
    public decimal? CacheRead { get; set; }

    /// <summary>What of the prompt is written to the provider's cache for minutes; null takes the price of the prompt.</summary>
    [ConfigurationKeyName("cache_write")]
    public decimal? CacheWrite { get; set; }

    /// <summary>What of the prompt is written to the provider's cache for an hour; null takes the price of the prompt.</summary>
    [ConfigurationKeyName("cache_write_1h")]
    public decimal? CacheWriteHour { get; set; }

    /// <summary>What of the answer is reasoning; null takes the price of the answer.</summary>
    [ConfigurationKeyName("reasoning")]
    public decimal? Reasoning { get; set; }

    /// <summary>What of the prompt is audio; null takes the price of the prompt.</summary>
    [ConfigurationKeyName("audio_input")]
    public decimal? AudioInput { get; set; }

    /// <summary>What of the answer is audio; null takes the price of the answer.</summary>
    [ConfigurationKeyName("audio_output")]
    public decimal? AudioOutput { get; set; }

    /// <summary>Each call, whatever it holds, in US dollars for a million of them; null where calls themselves cost nothing.</summary>
    [ConfigurationKeyName("request")]
    public decimal? Request { get; set; }

    /// <summary>Every rate with its name.</summary>
    internal IEnumerable<(string Name, decimal? Rate)> Rates =>
    [
        ("input", Input), ("output", Output), ("cache_read", CacheRead), ("cache_write", CacheWrite), ("cache_write_1h", CacheWriteHour),
        ("reasoning", Reasoning), ("audio_input", AudioInput), ("audio_output", AudioOutput),
        ("request", Request),
    ];
}
