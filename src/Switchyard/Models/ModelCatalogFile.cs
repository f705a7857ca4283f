using System.Text.Json;
using System.Text.Json.Serialization;
using Switchyard.Dialects;

namespace Switchyard.Models;

/// <summary>One provider's file, as <c>eng/generate-models</c> writes it.</summary>
internal sealed class ModelCatalogFile
{
    public required string Provider { get; set; }

    public required List<ModelSource> Sources { get; set; }

    public required List<ModelCatalogEntry> Models { get; set; }

    public IEnumerable<ModelInfo> ToModels() => Models.Select(model => model.ToModel(Provider, Sources));
}

/// <summary>A model as it stands in the file. <c>can</c> and <c>cannot</c> name features; one in neither is not known.</summary>
internal sealed class ModelCatalogEntry
{
    public required string Id { get; set; }

    public string? Name { get; set; }

    public ModelKind Kind { get; set; }

    public int? Context { get; set; }

    public int? MaxInput { get; set; }

    public int? MaxOutput { get; set; }

    public List<string>? Input { get; set; }

    public List<string>? Output { get; set; }

    public List<string>? Can { get; set; }

    public List<string>? Cannot { get; set; }

    public List<string>? Efforts { get; set; }

    public TokenBounds? Budget { get; set; }

    public bool Toggle { get; set; }

    public string? ReasoningField { get; set; }

    public PriceEntry? Price { get; set; }

    public List<PriceEntry>? LaterPrices { get; set; }

    public string? Checked { get; set; }

    public string? Released { get; set; }

    public string? Status { get; set; }

    public required int Source { get; set; }

    public ModelInfo ToModel(string provider, List<ModelSource> sources) => new()
    {
        Provider = provider,
        Id = Id,
        Name = Name ?? Id,
        Kind = Kind,
        Source = sources[Source],
        Facts = new ModelFacts
        {
            ContextWindow = Context,
            MaxOutputTokens = MaxOutput,
            Temperature = Says("temperature"),
            JsonSchema = Says("json_schema"),
            Tools = Says("tools"),
            Vision = Says("vision"),
            Reasoning = Says("reasoning"),
            ReasoningEfforts = Efforts ?? [],
            TakesReasoningBudget = Budget is not null,
            MinReasoningBudget = Budget?.Min,
            MaxReasoningBudget = Budget?.Max,
        },
        MaxInputTokens = MaxInput,
        InputModalities = Input ?? [],
        OutputModalities = Output ?? [],
        Pdf = Says("pdf"),
        AudioInput = Says("audio_in"),
        ReasoningToggle = Toggle,
        ReasoningField = ReasoningField,
        Prices = Price is null ? [] : [Price.ToPricing(sources, Source, Checked), .. (LaterPrices ?? []).Select(later => later.ToPricing(sources, Source, null))],
        Released = Released,
        Status = Status,
    };

    private bool? Says(string feature) =>
        Can?.Contains(feature) is true ? true
        : Cannot?.Contains(feature) is true ? false
        : null;
}

/// <summary>A budget's bounds in tokens.</summary>
internal sealed class TokenBounds
{
    public int? Min { get; set; }

    public int? Max { get; set; }
}

/// <summary>Rates as they stand in the file.</summary>
internal abstract class RateEntry
{
    public decimal? In { get; set; }

    public decimal? Out { get; set; }

    public decimal? CacheRead { get; set; }

    public decimal? CacheWrite { get; set; }

    [JsonPropertyName("cache_write_1h")]
    public decimal? CacheWriteHour { get; set; }

    public decimal? AudioIn { get; set; }

    public decimal? AudioOut { get; set; }

    public decimal? Reasoning { get; set; }

    public ModelRates ToRates() => new()
    {
        Input = In,
        Output = Out,
        CacheRead = CacheRead,
        CacheWrite = CacheWrite,
        CacheWriteHour = CacheWriteHour,
        AudioInput = AudioIn,
        AudioOutput = AudioOut,
        Reasoning = Reasoning,
    };
}

/// <summary>The rates of longer prompts.</summary>
internal sealed class TierEntry : RateEntry
{
    public required int Above { get; set; }

    public PriceTier ToTier() => new(Above, ToRates());
}

/// <summary>A price as it stands in the file.</summary>
internal sealed class PriceEntry : RateEntry
{
    public PriceUnit Unit { get; set; }

    public List<TierEntry>? Tiers { get; set; }

    public DateOnly? From { get; set; }

    public int? Source { get; set; }

    public ModelPricing ToPricing(List<ModelSource> sources, int source, string? check) => new()
    {
        Source = sources[Source ?? source],
        Unit = Unit,
        Rates = ToRates(),
        Tiers = Tiers is null ? [] : [.. Tiers.Select(tier => tier.ToTier()).OrderBy(tier => tier.AboveInputTokens)],
        From = From,
        Confirmed = check switch { "agrees" => true, "differs" => false, _ => null },
    };
}

/// <summary>Reads the files without reflection. An unknown member is an error, so that generator and reader cannot drift apart.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    Converters = [typeof(LowerCaseEnumConverter<ModelKind>), typeof(LowerCaseEnumConverter<PriceUnit>)])]
[JsonSerializable(typeof(ModelCatalogFile))]
internal sealed partial class ModelCatalogJsonContext : JsonSerializerContext;

/// <summary>Enum members as lower-case text, and as nothing else.</summary>
internal sealed class LowerCaseEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
