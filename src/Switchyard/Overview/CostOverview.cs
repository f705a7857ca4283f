using Switchyard.Money;

namespace Switchyard.Overview;

/// <summary>The cost of calls, in US dollars.</summary>
public sealed record CostOverview
{
    /// <summary>The start: the beginning of the day in UTC; null if the costs are unknown.</summary>
    public required DateTimeOffset? Since { get; init; }

    /// <summary>The total cost; null if unknown.</summary>
    public required decimal? TotalCost { get; init; }

    /// <summary>The number of calls; null if unknown.</summary>
    public required long? TotalRequests { get; init; }

    /// <summary>Their input tokens; null if unknown.</summary>
    public required long? TotalInputTokens { get; init; }

    /// <summary>Their output tokens; null if unknown.</summary>
    public required long? TotalOutputTokens { get; init; }

    /// <summary>The cost by provider.</summary>
    public required IReadOnlyDictionary<string, decimal> ByProvider { get; init; }

    /// <summary>The most used budgets, those first.</summary>
    public required IReadOnlyList<BudgetOverview> Budgets { get; init; }

    /// <summary>The number of budgets used.</summary>
    public required int BudgetCount { get; init; }

    /// <summary>Why the costs are unknown: there is no ledger, or it is unavailable. Null if they are known.</summary>
    public required string? Problem { get; init; }

    /// <summary>
    /// Why the ledger cannot be written now, so that the last calls are missing from the costs; null if it can. They are added later.
    /// </summary>
    public LedgerTrouble? Trouble { get; init; }

    /// <summary>
    /// The number of ledger entries that are kept but in no sum, because the database refuses their content. The log names them.
    /// </summary>
    public long SetAside { get; init; }
}

/// <summary>The spending of a budget, in US dollars.</summary>
public sealed record BudgetOverview
{
    /// <summary>Its account.</summary>
    public required string Id { get; init; }

    /// <summary>The amount that it may spend.</summary>
    public required decimal Limit { get; init; }

    /// <summary>The amount spent.</summary>
    public required decimal Spent { get; init; }

    /// <summary>The amount reserved for running calls.</summary>
    public required decimal Reserved { get; init; }
}
