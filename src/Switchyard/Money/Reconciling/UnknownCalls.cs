using System.Globalization;
using Switchyard.Canonical;

namespace Switchyard.Money.Reconciling;

/// <summary>The decisions on calls whose outcome is unknown.</summary>
/// <param name="Corrections">The calls that are decided.</param>
/// <param name="Left">The reasons why other calls stay undecided, one sentence each.</param>
internal sealed record UnknownDecision(IReadOnlyList<LedgerCorrection> Corrections, IReadOnlyList<string> Left);

/// <summary>
/// Decides calls whose outcome is unknown by the provider's bill: usage missing from the ledger on their day is theirs; if none is missing
/// they cost nothing. Ambiguous calls stay undecided.
/// </summary>
internal static class UnknownCalls
{
    /// <summary>Decides.</summary>
    /// <param name="groups">The compared groups.</param>
    /// <param name="unknown">The calls.</param>
    /// <param name="provider">The provider of the export.</param>
    /// <param name="targetsOf">Returns the possible targets of a call to a model name, each <c>provider/model</c>; empty if
    /// unknown.</param>
    /// <param name="priceOf">Returns the price of a model of this provider; null if unknown.</param>
    public static UnknownDecision Decide(
        IReadOnlyList<ReconciledGroup> groups,
        IReadOnlyList<LedgerEntry> unknown,
        string provider,
        Func<string, IReadOnlyList<string>> targetsOf,
        Func<string, ModelPrice?> priceOf)
    {
        var (decided, left) = (new List<LedgerCorrection>(), new List<string>());
        foreach (var day in unknown.GroupBy(entry => DateOnly.FromDateTime(entry.StartedAt.UtcDateTime)).OrderBy(day => day.Key))
        {
            var mine = day.Where(entry => IsOf(entry, provider, targetsOf)).ToList();
            if (day.Count() - mine.Count is > 0 and var others)
                left.Add(Say($"{day.Key:yyyy-MM-dd}: {others} unknown calls may have gone to another provider."));
            if (mine.Count > 0)
                Decide(day.Key, [.. groups.Where(group => group.Day == day.Key)], mine);
        }

        return new UnknownDecision(decided, left);

        void Decide(DateOnly day, List<ReconciledGroup> ofDay, List<LedgerEntry> open)
        {
            if (ofDay.Any(group => group.Model.Length == 0 || group.Find("input") is null || group.Find("output") is null))
            {
                left.Add(Say(
                    $"{day:yyyy-MM-dd}: the export has no prompt and answer tokens by model, so {open.Count} calls stay unknown."));
                return;
            }

            if (ofDay.SelectMany(Tokens).Any(figure => figure.Difference < 0))
            {
                left.Add(Say(
                    $"{day:yyyy-MM-dd}: the export has less than the ledger, perhaps not all yet, so {open.Count} calls stay unknown."));
                return;
            }

            foreach (var group in ofDay.Where(group => Tokens(group).Any(figure => figure.Difference > 0)))
            {
                var claimants = open.Where(entry => ModelOf(entry, group.Model) is not null).ToList();
                if (claimants.Count == 0)
                {
                    left.Add(Say($"{day:yyyy-MM-dd}: what is missing of {group.Model} belongs to none of the unknown calls."));
                    continue;
                }

                open.RemoveAll(claimants.Contains);
                var shared = Share(group, claimants);
                var most = claimants.Sum(entry => entry.WorstCase);
                if (most > 0 && shared.Sum(pair => pair.After.Cost.Total) > most)
                {
                    left.Add(Say(
                        $"{day:yyyy-MM-dd}: more of {group.Model} is missing than {claimants.Count} unknown calls can have cost."));
                }
                else
                    decided.AddRange(shared);
            }

            decided.AddRange(open.Select(entry =>
                new LedgerCorrection(entry, Resolved(entry) with { Usage = new() { Input = 0, Output = 0 } })));
        }

        List<LedgerCorrection> Share(ReconciledGroup group, List<LedgerEntry> claimants)
        {
            var shared = new List<LedgerCorrection>();
            for (var i = 0; i < claimants.Count; i++)
            {
                var (read, write) = (Part("cache_read", i), Part("cache_write", i));
                var usage = new TokenUsage
                {
                    Input = Part("input", i) + read + write,
                    Output = Part("output", i),
                    CacheRead = group.Find("cache_read") is null ? null : read,
                    CacheWrite = group.Find("cache_write") is null ? null : write,
                };
                var model = ModelOf(claimants[i], group.Model)!;
                var (price, why) = (priceOf(model), Unpriced.NoPrice);
                var cost = price?.CostOf(usage, out why) ?? default;
                shared.Add(new(claimants[i], Resolved(claimants[i]) with
                {
                    Provider = provider,
                    Model = model,
                    Usage = usage,
                    // The sum is exact, each call's part is an estimate.
                    IsEstimate = claimants.Count > 1,
                    Cost = cost,
                    Unpriced = why,
                    PriceVersion = price?.Version,
                }));
            }

            return shared;

            long Part(string name, int index)
            {
                var whole = (long)(group.Find(name)?.Difference ?? 0);
                return (whole / claimants.Count) + (index < whole % claimants.Count ? 1 : 0);
            }
        }

        string? ModelOf(LedgerEntry entry, string model) => targetsOf(entry.Alias)
            .Where(target => Reconciliation.NameOf(target) == model).Select(target => target[(provider.Length + 1)..]).FirstOrDefault();
    }

    private static LedgerEntry Resolved(LedgerEntry entry) =>
        entry with { Outcome = LedgerOutcome.Resolved, Unpriced = Unpriced.None, Cost = default };

    private static bool IsOf(LedgerEntry entry, string provider, Func<string, IReadOnlyList<string>> targetsOf) =>
        targetsOf(entry.Alias) is { Count: > 0 } targets
        && targets.All(target => target.StartsWith($"{provider}/", StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<ReconciledFigure> Tokens(ReconciledGroup group) =>
        group.Figures.Where(figure => figure.Class is not (ReconciledFigure.Cost or "requests"));

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
