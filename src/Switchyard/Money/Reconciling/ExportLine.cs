using Switchyard.Canonical;

namespace Switchyard.Money.Reconciling;

/// <summary>What a provider says was used of a model on a day. What its export does not say is null.</summary>
/// <param name="Day">The day, as the provider counts days: UTC with those that say.</param>
/// <param name="Model">The model as the provider names it; empty where the export does not split by model.</param>
internal sealed record ExportLine(DateOnly Day, string Model)
{
    /// <summary>The tokens; input includes what was read from and written to the cache.</summary>
    public TokenUsage Usage { get; init; }

    /// <summary>US dollars.</summary>
    public decimal? Cost { get; init; }

    /// <summary>How many requests.</summary>
    public long? Requests { get; init; }
}
