namespace Switchyard.Providers;

/// <summary>
/// The registrant's description of a provider, for display, and as defaults if nothing else is known of its models. Null members are
/// unknown. Immutable.
/// </summary>
public sealed record ProviderFacts
{
    private const decimal ThousandsInAMillion = 1000;

    /// <summary>The display name.</summary>
    public string? DisplayName { get; init; }

    /// <summary>A description.</summary>
    public string? Description { get; init; }

    /// <summary>Its version.</summary>
    public string? Version { get; init; }

    /// <summary>
    /// US dollars for a thousand tokens of the prompt: the price of its models if neither <c>prices</c> nor the catalogue has one.
    /// </summary>
    public decimal? CostPer1KInputTokens { get; init; }

    /// <summary>US dollars for a thousand tokens of the answer.</summary>
    public decimal? CostPer1KOutputTokens { get; init; }

    /// <summary>The maximum number of tokens of a request: the context window of its models if the catalogue has none.</summary>
    public int? MaxTokensPerRequest { get; init; }

    /// <summary>Its features: <c>streaming</c>, <c>json_mode</c>, <c>tools</c>, <c>vision</c>. Null uses the catalogue's.</summary>
    public IReadOnlyList<string>? Features { get; init; }

    /// <summary>The price of a million tokens, the internal unit.</summary>
    internal (decimal Input, decimal Output)? PerMillion =>
        CostPer1KInputTokens is { } input && CostPer1KOutputTokens is { } output
            ? (input * ThousandsInAMillion, output * ThousandsInAMillion)
            : null;

    /// <summary>Whether both are equal.</summary>
    public bool Equals(ProviderFacts? other) =>
        other is not null && (DisplayName, Description, Version, CostPer1KInputTokens, CostPer1KOutputTokens, MaxTokensPerRequest)
            == (other.DisplayName, other.Description, other.Version, other.CostPer1KInputTokens, other.CostPer1KOutputTokens,
                other.MaxTokensPerRequest)
        && (Features is null ? other.Features is null : other.Features is not null && Features.SequenceEqual(other.Features));

    /// <inheritdoc/>
    public override int GetHashCode() =>
        HashCode.Combine(DisplayName, Description, Version, CostPer1KInputTokens, CostPer1KOutputTokens, MaxTokensPerRequest);
}
