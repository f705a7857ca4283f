using System.Globalization;

namespace Switchyard.Money.Reconciling;

/// <summary>The probable cause of a difference. The most certain first; a guess is marked as one.</summary>
internal static class LikelyCause
{
    public static string Of(ReconciledGroup group, IReadOnlyList<ReconciledGroup> all, IReadOnlyList<LedgerEntry> unknown)
    {
        var tokens = group.Figures.Where(figure => figure.Class is not (ReconciledFigure.Cost or "requests")).ToList();
        if (!group.IsDifferent)
            return "";
        if (tokens.All(figure => !figure.IsDifferent) && group.Find(ReconciledFigure.Cost) is { IsDifferent: true } cost)
            return OfCost(group, cost, tokens.Count > 0);
        if (IsSplitDifferently(group))
            return "the same prompt tokens, counted to other cache classes: compare how cache reads and writes are reported";
        var more = tokens.Sum(figure => figure.Difference);
        if (FindNeighbour(group, all, more) is { } neighbour)
        {
            return Say($"the days are cut differently: {neighbour:yyyy-MM-dd} is off by as much the other way. ")
                + "The export's days are probably not UTC";
        }

        var open = unknown.Count(entry => DateOnly.FromDateTime(entry.StartedAt.UtcDateTime) == group.Day);
        if (more > 0 && open > 0)
            return Say($"{open} calls of that day have an unknown end; --resolve settles them by this export");
        if (group.Ours.Estimates > 0)
            return Say($"{group.Ours.Estimates} of our lines are estimates, because the provider reported no tokens");
        if (group.Ours.Unpriced.NoUsage > 0)
            return Say($"{group.Ours.Unpriced.NoUsage} of our lines have no tokens: the provider reported none, or the call was cut off");
        return (tokens.Count == 0, more) switch
        {
            (true, _) => "requests are counted differently: retries within a call, or calls outside the gateway",
            (_, > 0) => "probably calls outside the gateway with the same account",
            _ => "the export is probably not complete yet, or what was cut off was not billed",
        };
    }

    private static string OfCost(ReconciledGroup group, ReconciledFigure cost, bool tokensAgree)
    {
        var unpriced = group.Ours.Unpriced;
        if (unpriced.NoPrice + unpriced.NoRate + unpriced.OtherUnit > 0)
            return Say($"{unpriced.Total} of our lines have no price: name it under 'prices', then 'switchyard usage reprice'");
        if (!tokensAgree)
            return "only costs can be compared: an export of tokens shows whether the price or the usage differs";
        return cost.Ours > 0
            ? Say($"the tokens agree, the price does not: theirs is {(cost.Theirs / cost.Ours) - 1:+0.0%;-0.0%} of ours. ")
                + "A discount, another service tier, or an old price: correct it under 'prices', then 'switchyard usage reprice'"
            : "the tokens agree, and ours cost nothing: correct the price under 'prices', then 'switchyard usage reprice'";
    }

    /// <summary>Whether only the division of the prompt between the cache classes differs.</summary>
    private static bool IsSplitDifferently(ReconciledGroup group)
    {
        ReconciledFigure[] prompt =
        [
            .. group.Figures.Where(figure => figure.Class is "input" or "cache_read" or "cache_write"),
        ];
        return prompt.Length > 1 && prompt.Any(figure => figure.IsDifferent) && prompt.Sum(figure => figure.Difference) == 0
            && group.Find("output") is null or { IsDifferent: false };
    }

    /// <summary>The day before or after whose difference is the opposite of this one, within one percent; else null.</summary>
    private static DateOnly? FindNeighbour(ReconciledGroup group, IReadOnlyList<ReconciledGroup> all, decimal more)
    {
        if (more == 0)
            return null;
        foreach (var other in all)
        {
            if (other.Model != group.Model || Math.Abs(other.Day.DayNumber - group.Day.DayNumber) != 1)
                continue;
            var there = other.Figures.Where(figure => figure.Class is not (ReconciledFigure.Cost or "requests"))
                .Sum(figure => figure.Difference);
            if (Math.Abs(there + more) <= Math.Abs(more) / 100)
                return other.Day;
        }

        return null;
    }

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
