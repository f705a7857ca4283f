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
internal sealed class UnknownCalls
{
    private readonly string _provider;
    private readonly Func<string, IReadOnlyList<string>> _targetsOf;
    private readonly Func<string, ModelPrice?> _priceOf;
    private readonly List<LedgerCorrection> _decided = [];
    private readonly List<string> _left = [];

    private UnknownCalls(string provider, Func<string, IReadOnlyList<string>> targetsOf, Func<string, ModelPrice?> priceOf) =>
        (_provider, _targetsOf, _priceOf) = (provider, targetsOf, priceOf);

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
        var calls = new UnknownCalls(provider, targetsOf, priceOf);
        foreach (var day in unknown.GroupBy(entry => DateOnly.FromDateTime(entry.StartedAt.UtcDateTime)).OrderBy(day => day.Key))
        {
            var mine = day.Where(calls.IsOfProvider).ToList();
            if (day.Count() - mine.Count is > 0 and var others)
                calls.Leave(day.Key, $"{others} unknown calls may have gone to another provider.");
            if (mine.Count > 0)
                calls.DecideDay(day.Key, [.. groups.Where(group => group.Day == day.Key)], mine);
        }

        return new UnknownDecision(calls._decided, calls._left);
    }

    private void DecideDay(DateOnly day, List<ReconciledGroup> groups, List<LedgerEntry> open)
    {
        if (groups.Any(group => group.Model.Length == 0 || group.Find("input") is null || group.Find("output") is null))
        {
            Leave(day, $"the export has no prompt and answer tokens by model, so {open.Count} calls stay unknown.");
            return;
        }

        if (groups.SelectMany(Tokens).Any(figure => figure.Difference < 0))
        {
            Leave(day, $"the export has less than the ledger, perhaps not all yet, so {open.Count} calls stay unknown.");
            return;
        }

        foreach (var group in groups.Where(group => Tokens(group).Any(figure => figure.Difference > 0)))
            DecideModel(group, open);
        // Nothing is missing for the others: they cost nothing.
        _decided.AddRange(open.Select(entry =>
            new LedgerCorrection(entry, Resolved(entry) with { Usage = new() { Input = 0, Output = 0 } })));
    }

    /// <summary>Gives what is missing of a model to the calls that may have gone to it, which are then no longer open.</summary>
    private void DecideModel(ReconciledGroup group, List<LedgerEntry> open)
    {
        var claimants = open.Where(entry => ModelOf(entry, group.Model) is not null).ToList();
        if (claimants.Count == 0)
        {
            Leave(group.Day, $"what is missing of {group.Model} belongs to none of the unknown calls.");
            return;
        }

        open.RemoveAll(claimants.Contains);
        var shared = Share(group, claimants);
        var most = claimants.Sum(entry => entry.WorstCase);
        if (most > 0 && shared.Sum(pair => pair.After.Cost.Total) > most)
            Leave(group.Day, $"more of {group.Model} is missing than {claimants.Count} unknown calls can have cost.");
        else
            _decided.AddRange(shared);
    }

    /// <summary>Divides what is missing of a model equally among the calls.</summary>
    private List<LedgerCorrection> Share(ReconciledGroup group, List<LedgerEntry> claimants)
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
            var (price, why) = (_priceOf(model), Unpriced.NoPrice);
            var cost = price?.CostOf(usage, out why) ?? default;
            shared.Add(new(claimants[i], Resolved(claimants[i]) with
            {
                Provider = _provider,
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

    /// <summary>The target that a call to an alias would have reached this model by; null if none.</summary>
    private string? ModelOf(LedgerEntry entry, string model) => _targetsOf(entry.Alias)
        .Where(target => Reconciliation.NameOf(target) == model).Select(target => target[(_provider.Length + 1)..]).FirstOrDefault();

    private bool IsOfProvider(LedgerEntry entry) =>
        _targetsOf(entry.Alias) is { Count: > 0 } targets
        && targets.All(target => target.StartsWith($"{_provider}/", StringComparison.OrdinalIgnoreCase));

    private void Leave(DateOnly day, FormattableString reason) => _left.Add(
        $"{day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}: {reason.ToString(CultureInfo.InvariantCulture)}");

    private static LedgerEntry Resolved(LedgerEntry entry) =>
        entry with { Outcome = LedgerOutcome.Resolved, Unpriced = Unpriced.None, Cost = default };

    private static IEnumerable<ReconciledFigure> Tokens(ReconciledGroup group) =>
        group.Figures.Where(figure => figure.Class is not (ReconciledFigure.Cost or "requests"));
}
