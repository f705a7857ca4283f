using System.Globalization;
using Switchyard.Models;
using Switchyard.Money;
using Switchyard.Providers;

namespace Switchyard.Listing;

/// <summary>A model a client may ask for.</summary>
public sealed record ListedModel
{
    /// <summary>The name to ask for: an alias, or <c>provider/model</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The owner the provider names, else the provider; <c>switchyard</c> for an alias.</summary>
    public required string OwnedBy { get; init; }

    /// <summary>The creation date; null if unknown.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>The display name.</summary>
    /// <value>The default is <see cref="Id"/>.</value>
    public string Name
    {
        get => field ?? Id;
        init;
    }

    /// <summary>The provider a call goes to; the first one of an alias.</summary>
    public required string Provider { get; init; }

    /// <summary>The provider's own id of the model.</summary>
    public required string Model { get; init; }

    /// <summary>
    /// The source of the entry: the provider that lists it, the configuration that names it, or only the catalogue, which may be wrong for
    /// this account.
    /// </summary>
    public ListedBy ListedBy { get; init; }

    /// <summary>Where calls to an alias go, in order, as <c>provider/model</c>; empty for a model.</summary>
    public IReadOnlyList<string> Targets { get; init; } = [];

    /// <summary>The context window in tokens as the provider reports it; null if it does not.</summary>
    public int? ReportedContextWindow { get; init; }

    /// <summary>The catalogue's entry for the model; null if it has none.</summary>
    public ModelInfo? Info { get; init; }

    /// <summary>
    /// The capabilities that the provider's class states for the model; null if it has no such class, or if the catalogue has the model.
    /// </summary>
    public ModelCapabilities? StatedCapabilities { get; init; }

    /// <summary>The configured price; null if none.</summary>
    public ModelPricing? ConfiguredPrice { get; init; }

    /// <summary>Whether the name is an alias.</summary>
    public bool IsAlias => Targets.Count > 0;

    /// <summary>The context window in tokens: as the provider reports it, else the catalogue's; null if unknown.</summary>
    public int? ContextWindow => ReportedContextWindow ?? Info?.Facts.ContextWindow;

    /// <summary>The creation date, else the catalogue's release date; null if unknown.</summary>
    public DateTimeOffset? Since => Created ?? Released;

    /// <summary>The model's kind: the catalogue's, else as its provider's class states; null if unknown.</summary>
    public ModelKind? Kind => Info?.Kind
        ?? (StatedCapabilities is { Completion: true } ? ModelKind.Chat
            : StatedCapabilities is { Embedding: true } ? ModelKind.Embedding
            : (ModelKind?)null);

    /// <summary>Whether the model has a feature of <see cref="ModelFeatures.Names"/>; null if no source states it.</summary>
    public bool? Has(string feature)
    {
        if (Info is { } info)
            return ModelFeatures.Of(info, feature);
        return feature switch
        {
            "streaming" => StatedCapabilities?.Streaming,
            "tools" => StatedCapabilities?.FunctionCalling,
            "vision" => StatedCapabilities?.ImageUnderstanding,
            _ => null,
        };
    }

    /// <summary>The price on a day: the configured one, else the catalogue's; null if neither exists.</summary>
    public ModelPricing? PriceOn(DateOnly day) => ConfiguredPrice ?? Info?.PriceOn(day);

    /// <summary>
    /// The price on a day as an offer for prompts of a length, to be compared by <see cref="CheapestOffer.Find"/>; null if it is unknown
    /// or not for tokens.
    /// </summary>
    public PriceOffer? OfferOn(DateOnly day, long inputTokens) =>
        PriceOn(day) is { Unit: PriceUnit.Tokens } price && price.RatesFor(inputTokens) is { Input: { } input } rates
        // The answers of these models have no tokens.
        && (rates.Output ?? (Kind is ModelKind.Embedding or ModelKind.Rerank ? 0m : (decimal?)null)) is { } output
            ? new PriceOffer { Provider = Provider, Input = input, Output = output, Model = Model }
            : null;

    private DateTimeOffset? Released =>
        DateTimeOffset.TryParse(Info?.Released, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) ? date : null;
}
