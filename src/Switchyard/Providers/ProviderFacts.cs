namespace Switchyard.Providers;

/// <summary>
/// What a provider is, as whoever registers it says: for people, and where nothing else is known of its models. Null says nothing.
/// Immutable.
/// </summary>
public sealed record ProviderFacts
{
    private const decimal ThousandsInAMillion = 1000;

    /// <summary>The name for people.</summary>
    public string? DisplayName { get; init; }

    /// <summary>What it is.</summary>
    public string? Description { get; init; }

    /// <summary>Its version.</summary>
    public string? Version { get; init; }

    /// <summary>
    /// US dollars for a thousand tokens of the prompt: the price of its models where neither <c>prices</c> nor the catalogue names one.
    /// </summary>
    public decimal? CostPer1KInputTokens { get; init; }

    /// <summary>US dollars for a thousand tokens of the answer.</summary>
    public decimal? CostPer1KOutputTokens { get; init; }

    /// <summary>How many tokens a request may have: the context window of its models where the catalogue names none.</summary>
    public int? MaxTokensPerRequest { get; init; }

    /// <summary>What it can do: <c>streaming</c>, <c>json_mode</c>, <c>tools</c>, <c>vision</c>. Null takes the catalogue's.</summary>
    public IReadOnlyList<string>? Features { get; init; }

    /// <summary>The price of a million tokens, as everywhere inside.</summary>
    internal (decimal Input, decimal Output)? PerMillion =>
        CostPer1KInputTokens is { } input && CostPer1KOutputTokens is { } output
            ? (input * ThousandsInAMillion, output * ThousandsInAMillion)
            : null;

    /// <summary>Whether both say the same.</summary>
    public bool Equals(ProviderFacts? other) =>
        other is not null && (DisplayName, Description, Version, CostPer1KInputTokens, CostPer1KOutputTokens, MaxTokensPerRequest)
            == (other.DisplayName, other.Description, other.Version, other.CostPer1KInputTokens, other.CostPer1KOutputTokens,
                other.MaxTokensPerRequest)
        && (Features is null ? other.Features is null : other.Features is not null && Features.SequenceEqual(other.Features));

    /// <inheritdoc/>
    public override int GetHashCode() =>
        HashCode.Combine(DisplayName, Description, Version, CostPer1KInputTokens, CostPer1KOutputTokens, MaxTokensPerRequest);
}
