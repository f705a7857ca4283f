using Microsoft.Extensions.Configuration;

namespace Switchyard.Configuration;

/// <summary>The prices of models, if the catalogue has none or your contract differs.</summary>
public sealed class PricesOptions
{
    /// <summary>
    /// The handling of a call whose price is unknown: <c>flag</c> (it is made, and its price stays unknown rather than 0) or
    /// <c>refuse</c>.
    /// </summary>
    /// <value>The default is <c>flag</c>.</value>
    [ConfigurationKeyName("unknown"), KnownValues("flag", "refuse")]
    public string Unknown { get; set; } = "flag";

    /// <summary>
    /// Prices by pattern: <c>provider/model</c>, where <c>*</c> matches any characters and <c>?</c> matches one. Of several that match, the
    /// most specific one counts.
    /// </summary>
    [OtherKeys]
    public Dictionary<string, PriceOptions> Models { get; set; } = new(StringComparer.OrdinalIgnoreCase);
}

/// <summary>
/// One price, in US dollars for a million tokens. It replaces the catalogue's as a whole; one that contains only tools adds
/// their fees to the existing price.
/// </summary>
public sealed class PriceOptions : PriceRatesOptions
{
    /// <summary>
    /// The prices of the provider's other service tiers, by their names (<c>priority</c>, <c>flex</c>). A call costs the price of the tier
    /// in its answer, or else of the requested one.
    /// </summary>
    [ConfigurationKeyName("service_tiers")]
    public Dictionary<string, ServiceTierPriceOptions> ServiceTiers { get; set; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The provider's fees for each use of its own tools, in addition to the tokens and in every service tier.</summary>
    [ConfigurationKeyName("tools")]
    public ToolPriceOptions Tools { get; set; } = new();

    /// <summary>Whether it has prices of tools, and none of tokens.</summary>
    internal bool IsOfToolsAlone =>
        Tools.Fees.Any(fee => fee.Fee is not null) && ServiceTiers.Count == 0 && Rates.All(rate => rate.Rate is null);
}

/// <summary>The prices for uses of tools that the provider runs itself, in US dollars each.</summary>
public sealed class ToolPriceOptions
{
    /// <summary>Each search of the web; null if searches cost nothing.</summary>
    [ConfigurationKeyName("web_search")]
    public decimal? WebSearch { get; set; }

    /// <summary>Each search of files that the provider stores; null if searches cost nothing.</summary>
    [ConfigurationKeyName("file_search")]
    public decimal? FileSearch { get; set; }

    /// <summary>Each call for which the web was searched, however often; null if such calls cost nothing.</summary>
    [ConfigurationKeyName("grounded_request")]
    public decimal? GroundedRequest { get; set; }

    /// <summary>Every fee with its name.</summary>
    internal IEnumerable<(string Name, decimal? Fee)> Fees =>
        [("web_search", WebSearch), ("file_search", FileSearch), ("grounded_request", GroundedRequest)];
}

/// <summary>The price of one service tier, in US dollars for a million tokens.</summary>
public sealed class ServiceTierPriceOptions : PriceRatesOptions;

/// <summary>The rates of one price, in US dollars for a million tokens.</summary>
public abstract class PriceRatesOptions
{
    /// <summary>The prompt.</summary>
    [ConfigurationKeyName("input")]
    public decimal? Input { get; set; }

    /// <summary>The answer; 0 if there is none, as with embeddings.</summary>
    [ConfigurationKeyName("output")]
    public decimal? Output { get; set; }

    /// <summary>Prompt tokens read from the provider's cache; null takes the price of the prompt.</summary>
    [ConfigurationKeyName("cache_read")]
    public decimal? CacheRead { get; set; }

    /// <summary>Prompt tokens written to the provider's cache for minutes; null takes the price of the prompt.</summary>
    [ConfigurationKeyName("cache_write")]
    public decimal? CacheWrite { get; set; }

    /// <summary>Prompt tokens written to the provider's cache for an hour; null takes the price of <c>cache_write</c>.</summary>
    [ConfigurationKeyName("cache_write_1h")]
    public decimal? CacheWriteHour { get; set; }

    /// <summary>Reasoning tokens of the answer; null takes the price of the answer.</summary>
    [ConfigurationKeyName("reasoning")]
    public decimal? Reasoning { get; set; }

    /// <summary>Audio tokens of the prompt; null takes the price of the prompt.</summary>
    [ConfigurationKeyName("audio_input")]
    public decimal? AudioInput { get; set; }

    /// <summary>Audio tokens of the answer; null takes the price of the answer.</summary>
    [ConfigurationKeyName("audio_output")]
    public decimal? AudioOutput { get; set; }

    /// <summary>Each call, independent of its content, in US dollars for a million calls; null if calls themselves cost nothing.</summary>
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
