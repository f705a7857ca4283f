using Switchyard.Canonical;

namespace Switchyard.Money;

/// <summary>The figures of the calls of a period; all 0 without calls. Immutable.</summary>
public sealed record UsageSummary
{
    /// <summary>The query.</summary>
    public required UsageQuery Query { get; init; }

    /// <summary>The figures of all calls, including groups that are not listed here.</summary>
    public required UsageFigures Total { get; init; }

    /// <summary>The groups: by time if grouped by time, else the most expensive first.</summary>
    public IReadOnlyList<UsageGroup> Groups { get; init; } = [];

    /// <summary>Whether there are more groups than <see cref="UsageQuery.Limit"/>.</summary>
    public bool HasMore { get; init; }

    /// <summary>The cost of all calls, in US dollars.</summary>
    public decimal TotalCost => Total.Cost.Dollars;

    /// <summary>The number of calls.</summary>
    public long TotalRequests => Total.Requests;

    /// <summary>All prompt tokens.</summary>
    public long TotalInputTokens => Total.Usage.Input ?? 0;

    /// <summary>All generated tokens.</summary>
    public long TotalOutputTokens => Total.Usage.Output ?? 0;

    /// <summary>The average cost of a call, in US dollars; 0 without calls.</summary>
    public decimal AverageCostPerRequest => Total.AverageCostPerRequest;
}

/// <summary>One group of a summary.</summary>
/// <param name="Names">Its names, in the order of <see cref="UsageQuery.By"/>; empty if its entries have none.</param>
/// <param name="Figures">Its figures.</param>
public sealed record UsageGroup(IReadOnlyList<string> Names, UsageFigures Figures)
{
    /// <summary>Its names as one text.</summary>
    public string Name => string.Join(' ', Names);
}

/// <summary>Figures that add up. Immutable.</summary>
public sealed record UsageFigures
{
    /// <summary>Calls, however they ended.</summary>
    public long Requests => Finished + Failed + Abandoned + Cached + Unknown + Resolved;

    /// <summary>Lines of the ledger: calls, and earlier attempts of calls that had counts.</summary>
    public long Lines { get; init; }

    /// <summary>Calls answered completely.</summary>
    public long Finished { get; init; }

    /// <summary>Calls that failed.</summary>
    public long Failed { get; init; }

    /// <summary>Calls whose client left.</summary>
    public long Abandoned { get; init; }

    /// <summary>Calls answered from the cache, which cost nothing.</summary>
    public long Cached { get; init; }

    /// <summary>Calls whose outcome is unknown.</summary>
    public long Unknown { get; init; }

    /// <summary>Calls that were unknown and have been decided since.</summary>
    public long Resolved { get; init; }

    /// <summary>Lines whose token counts are estimates.</summary>
    public long Estimates { get; init; }

    /// <summary>Lines without a cost, by reason: they are not part of <see cref="Cost"/>, and not 0.</summary>
    public UnpricedCounts Unpriced { get; init; }

    /// <summary>Tokens by class; unreported tokens are not included.</summary>
    public TokenUsage Usage { get; init; }

    /// <summary>The cost by class.</summary>
    public TokenCost Cost { get; init; }

    /// <summary>The average cost of a call, in US dollars; 0 without calls.</summary>
    public decimal AverageCostPerRequest => Requests == 0 ? 0 : Cost.Dollars / Requests;

    /// <summary>
    /// The estimated cost of the calls answered from the cache, in US dollars, at the average of the finished ones. Most accurate for a
    /// single model.
    /// </summary>
    public decimal SavedByCache => Finished == 0 ? 0 : Cached * (Cost.Dollars / Finished);
}

/// <summary>The number of lines without a cost, by reason.</summary>
public readonly record struct UnpricedCounts
{
    /// <summary>The price of the model is not known.</summary>
    public long NoPrice { get; init; }

    /// <summary>The price has no rate for a class of tokens that was used.</summary>
    public long NoRate { get; init; }

    /// <summary>The provider reported no token counts.</summary>
    public long NoUsage { get; init; }

    /// <summary>The provider charges for something else than tokens.</summary>
    public long OtherUnit { get; init; }

    /// <summary>The total.</summary>
    public long Total => NoPrice + NoRate + NoUsage + OtherUnit;
}
