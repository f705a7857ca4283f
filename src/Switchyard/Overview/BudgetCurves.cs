using System.Globalization;
using Switchyard.Canonical;
using Switchyard.Engine;
using Switchyard.Money;

namespace Switchyard.Overview;

/// <summary>Reads the growth of a budget's spending over its period from the ledger. Thread-safe.</summary>
public sealed class BudgetCurves
{
    // Periods of up to three days are drawn by the hour, longer ones by the day.
    private static readonly TimeSpan s_byHours = TimeSpan.FromDays(3);
    private static readonly TimeSpan s_shortest = TimeSpan.FromMinutes(10);

    private readonly SwitchyardEngine _engine;
    private readonly IUsageReader? _ledger;
    private readonly TimeProvider _time;

    internal BudgetCurves(SwitchyardEngine engine, IUsageReader? ledger, TimeProvider time) =>
        (_engine, _ledger, _time) = (engine, ledger, time);

    /// <summary>Reads the curve of a budget.</summary>
    /// <param name="id">The account, as <see cref="Budgets.List"/> names it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Null if there is no such account.</returns>
    /// <exception cref="LedgerException">There is no ledger, it is unavailable, or it took too long.</exception>
    public async Task<BudgetCurve?> ReadAsync(string id, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(id);
        var now = _time.GetUtcNow();
        if (_engine.Budgets.List().FirstOrDefault(budget => budget.Id == id) is not { } budget)
            return null;
        var forecast = ForecastOf(budget, now);
        if (_engine.Budgets.FilterOf(id) is not { } filter)
            return new() { Budget = budget, Forecast = forecast };
        var ledger = _ledger ?? throw new LedgerException(
            LedgerFailure.None, "There is no ledger: set storage.ledger to record what is spent.");
        var by = (budget.End ?? now) - budget.Start <= s_byHours ? UsageGrouping.Hour : UsageGrouping.Day;
        var sums = await ledger.SummarizeAsync(
            new() { Filter = filter with { Since = budget.Start, Until = budget.End }, By = [by], Limit = 10_000 }, cancellationToken)
            .ConfigureAwait(false);
        return new() { Budget = budget, Spent = [.. Points(budget, sums.Groups, by, now)], Forecast = forecast };
    }

    private static IEnumerable<BudgetPoint> Points(
        BudgetStatus budget, IReadOnlyList<UsageGroup> groups, UsageGrouping by, DateTimeOffset now)
    {
        var length = by == UsageGrouping.Hour ? TimeSpan.FromHours(1) : TimeSpan.FromDays(1);
        var spent = groups.ToDictionary(group => TimeOf(group.Name), group => group.Figures.Cost.Dollars);
        // A budget without an end starts at its first call: its start date is in 1970.
        var from = budget.End is not null ? budget.Start.ToUniversalTime() : spent.Count > 0 ? spent.Keys.Min() : now;
        var at = new DateTimeOffset(from.Ticks - (from.Ticks % length.Ticks), TimeSpan.Zero);
        var sum = 0m;
        for (; at + length <= now; at += length)
            yield return new(at + length, sum += spent.GetValueOrDefault(at));
        // The current total: spending reaches the ledger only a moment later.
        yield return new(now, TokenCost.ToDollars(budget.Spent));
    }

    private static decimal? ForecastOf(BudgetStatus budget, DateTimeOffset now) =>
        budget.End is { } end && now - budget.Start >= s_shortest
            ? decimal.Round(TokenCost.ToDollars(budget.Spent) * (decimal)((end - budget.Start) / (now - budget.Start)), 9)
            : null;

    private static DateTimeOffset TimeOf(string name) => DateTimeOffset.Parse(
        name, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}

/// <summary>The growth of a budget's spending. Immutable.</summary>
public sealed record BudgetCurve
{
    /// <summary>The current budget.</summary>
    public required BudgetStatus Budget { get; init; }

    /// <summary>
    /// The total spent at each moment, the last is now; null for a budget of a model, whose calls a ledger filter cannot select.
    /// </summary>
    public IReadOnlyList<BudgetPoint>? Spent { get; init; }

    /// <summary>
    /// The extrapolated total at the end of its period, in US dollars; null for a budget without an end, and in the first ten minutes.
    /// </summary>
    public decimal? Forecast { get; init; }
}

/// <summary>The total spent until a moment.</summary>
/// <param name="At">The moment.</param>
/// <param name="Dollars">US dollars.</param>
public sealed record BudgetPoint(DateTimeOffset At, decimal Dollars);
