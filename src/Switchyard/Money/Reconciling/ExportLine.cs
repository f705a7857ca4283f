using Switchyard.Canonical;

namespace Switchyard.Money.Reconciling;

/// <summary>A provider's record of a model's usage on a day. Values missing from its export are null.</summary>
/// <param name="Day">The day by the provider's calendar: UTC for providers that document it.</param>
/// <param name="Model">The model as the provider names it; empty if the export does not split by model.</param>
internal sealed record ExportLine(DateOnly Day, string Model)
{
    /// <summary>The tokens; input includes cache reads and writes.</summary>
    public TokenUsage Usage { get; init; }

    /// <summary>US dollars.</summary>
    public decimal? Cost { get; init; }

    /// <summary>The number of requests.</summary>
    public long? Requests { get; init; }
}
