using System.Globalization;
using Switchyard.Canonical;
using Switchyard.Engine;
using Switchyard.Money;

namespace Switchyard.Overview;

/// <summary>Reads how what a budget has spent grew over its period, out of the ledger. Thread-safe.</summary>
public sealed class BudgetCurves
{
    // A day or two are drawn by the hour, what is longer by the day.
    private static readonly TimeSpan s_byHours = TimeSpan.FromDays(3);
    private static readonly TimeSpan s_shortest = TimeSpan.FromMinutes(10);

    private readonly SwitchyardEngine _engine;
    private readonly IUsageReader? _ledger;
    private readonly TimeProvider _time;

    internal BudgetCurves(SwitchyardEngine engine, IUsageReader? ledger, TimeProvider time) =>
        (_engine, _ledger, _time) = (engine, ledger, time);

    /// <summary>Reads one.</summary>
    /// <param name="id">The account, as <see cref="Budgets.List"/> names it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Null where there is no such account.</returns>
    /// <exception cref="LedgerException">There is no ledger, it is away, or it took too long.</exception>
    public async Task<BudgetCurve?> ReadAsync(string id, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(id);
        var now = _time.GetUtcNow();
        if (_engine.Budgets.List().FirstOrDefault(budget => budget.Id == id) is not { } budget)
            return null;
        var forecast = ForecastOf(budget, now);
        if (_engine.Budgets.FilterOf(id) is not { } filter)
            return new(budget, null, forecast);
        var ledger = _ledger ?? throw new LedgerException(
            LedgerFailure.None, "There is no ledger: set storage.ledger, and what is spent is kept.");
        var by = (budget.End ?? now) - budget.Start <= s_byHours ? UsageGrouping.Hour : UsageGrouping.Day;
        var sums = await ledger.SummarizeAsync(
            new() { Filter = filter with { Since = budget.Start, Until = budget.End }, By = [by], Limit = 10_000 }, cancellationToken)
            .ConfigureAwait(false);
        return new(budget, [.. Points(budget, sums.Groups, by, now)], forecast);
    }

    private static IEnumerable<BudgetPoint> Points(
        BudgetStatus budget, IReadOnlyList<UsageGroup> groups, UsageGrouping by, DateTimeOffset now)
    {
        var length = by == UsageGrouping.Hour ? TimeSpan.FromHours(1) : TimeSpan.FromDays(1);
        var spent = groups.ToDictionary(group => TimeOf(group.Name), group => group.Figures.Cost.Dollars);
        // One that never ends begins where its first call was: by its dates that would be in 1970.
        var from = budget.End is not null ? budget.Start.ToUniversalTime() : spent.Count > 0 ? spent.Keys.Min() : now;
        var at = new DateTimeOffset(from.Ticks - (from.Ticks % length.Ticks), TimeSpan.Zero);
        var sum = 0m;
        for (; at + length <= now; at += length)
            yield return new(at + length, sum += spent.GetValueOrDefault(at));
        // What stands in the ledger a moment later is spent already.
        yield return new(now, TokenCost.ToDollars(budget.Spent));
    }

    private static decimal? ForecastOf(BudgetStatus budget, DateTimeOffset now) =>
        budget.End is { } end && now - budget.Start >= s_shortest
            ? decimal.Round(TokenCost.ToDollars(budget.Spent) * (decimal)((end - budget.Start) / (now - budget.Start)), 9)
            : null;

    private static DateTimeOffset TimeOf(string name) => DateTimeOffset.Parse(
        name, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}

/// <summary>How what a budget has spent grew. Immutable.</summary>
/// <param name="Budget">The budget, as it is now.</param>
/// <param name="Spent">
/// What was spent until each of these moments, the last is now; null for a budget of a model, which sums do not tell apart as it does.
/// </param>
/// <param name="Forecast">
/// What it will have spent at the end of its period if it goes on like this, in US dollars; null for one without an end, and in the first
/// ten minutes.
/// </param>
public sealed record BudgetCurve(BudgetStatus Budget, IReadOnlyList<BudgetPoint>? Spent, decimal? Forecast);

/// <summary>What was spent until a moment.</summary>
/// <param name="At">The moment.</param>
/// <param name="Dollars">US dollars.</param>
public sealed record BudgetPoint(DateTimeOffset At, decimal Dollars);
