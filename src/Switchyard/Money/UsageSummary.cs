using Switchyard.Canonical;

namespace Switchyard.Money;

/// <summary>What the calls of a period come to. Without calls everything is 0. Immutable.</summary>
public sealed record UsageSummary
{
    /// <summary>What was asked.</summary>
    public required UsageQuery Query { get; init; }

    /// <summary>All figures of all calls, those of groups that are not listed here included.</summary>
    public required UsageFigures Total { get; init; }

    /// <summary>The groups: by time where that is asked for, else the dearest first.</summary>
    public IReadOnlyList<UsageGroup> Groups { get; init; } = [];

    /// <summary>Whether there are more groups than <see cref="UsageQuery.Limit"/>.</summary>
    public bool HasMore { get; init; }

    /// <summary>What all calls cost, in US dollars.</summary>
    public decimal TotalCost => Total.Cost.Dollars;

    /// <summary>How many calls there were.</summary>
    public long TotalRequests => Total.Requests;

    /// <summary>All prompt tokens.</summary>
    public long TotalInputTokens => Total.Usage.Input ?? 0;

    /// <summary>All generated tokens.</summary>
    public long TotalOutputTokens => Total.Usage.Output ?? 0;

    /// <summary>What a call cost on average, in US dollars; 0 without calls.</summary>
    public decimal AverageCostPerRequest => Total.AverageCostPerRequest;
}

/// <summary>One group of a summary.</summary>
/// <param name="Names">What it is, in the order of <see cref="UsageQuery.By"/>; empty text where an entry has none.</param>
/// <param name="Figures">Its figures.</param>
public sealed record UsageGroup(IReadOnlyList<string> Names, UsageFigures Figures)
{
    /// <summary>What it is, in one text.</summary>
    public string Name => string.Join(' ', Names);
}

/// <summary>Figures that add up. Immutable.</summary>
public sealed record UsageFigures
{
    /// <summary>Calls, however they ended.</summary>
    public long Requests => Finished + Failed + Abandoned + Cached + Unknown + Resolved;

    /// <summary>Lines of the ledger: calls, and the attempts before a call's last that were counted too.</summary>
    public long Lines { get; init; }

    /// <summary>Calls answered whole.</summary>
    public long Finished { get; init; }

    /// <summary>Calls that failed.</summary>
    public long Failed { get; init; }

    /// <summary>Calls whose client left.</summary>
    public long Abandoned { get; init; }

    /// <summary>Calls answered from the cache, which cost nothing.</summary>
    public long Cached { get; init; }

    /// <summary>Calls of which it is not known how they ended.</summary>
    public long Unknown { get; init; }

    /// <summary>Calls that were unknown and have been decided since.</summary>
    public long Resolved { get; init; }

    /// <summary>Lines whose token counts are estimates.</summary>
    public long Estimates { get; init; }

    /// <summary>Lines without a cost, by reason: they are not part of <see cref="Cost"/>, and not 0.</summary>
    public UnpricedCounts Unpriced { get; init; }

    /// <summary>Tokens by class; what was not reported is not in them.</summary>
    public TokenUsage Usage { get; init; }

    /// <summary>The cost by class.</summary>
    public TokenCost Cost { get; init; }

    /// <summary>What a call cost on average, in US dollars; 0 without calls.</summary>
    public decimal AverageCostPerRequest => Requests == 0 ? 0 : Cost.Dollars / Requests;

    /// <summary>
    /// About what the calls answered from the cache would have cost, in US dollars: as much as the finished ones on average. Figures of one
    /// model say it best.
    /// </summary>
    public decimal SavedByCache => Finished == 0 ? 0 : Cached * (Cost.Dollars / Finished);
}

/// <summary>How many lines have no cost, by reason.</summary>
/// <param name="NoPrice">The price of the model is not known.</param>
/// <param name="NoRate">The price has no rate for a class of tokens that was used.</param>
/// <param name="NoUsage">The provider reported no token counts.</param>
/// <param name="OtherUnit">The provider charges for something else than tokens.</param>
public readonly record struct UnpricedCounts(long NoPrice, long NoRate, long NoUsage, long OtherUnit)
{
    /// <summary>All of them.</summary>
    public long Total => NoPrice + NoRate + NoUsage + OtherUnit;
}
