using Switchyard.Engine;
using Switchyard.Limits;
using Switchyard.Money;
using Switchyard.Overview;

namespace Switchyard.Dashboard.Pages.Budgets;

/// <summary>Reads budgets, limits, and the calls whose end is not known. Thread-safe.</summary>
internal sealed class BudgetsReader
{
    /// <summary>The maximum number of budgets, and of limits, shown: a gateway may have one for each of many keys.</summary>
    public const int MostShown = 100;

    private readonly BudgetCurves _curves;
    private readonly Liveness.Shared<BudgetsReading> _shared;

    public BudgetsReader(SwitchyardEngine engine, BudgetCurves curves, TimeProvider time)
    {
        _curves = curves;
        _shared = new(time, async cancellationToken =>
        {
            var (budgets, all) = engine.Budgets.GetMostUsed(MostShown);
            var (unknown, problem) = await FindUnknownAsync(engine, cancellationToken);
            return new(
                budgets,
                all,
                engine.Limits.GetMostUsed(MostShown),
                engine.Limits.Count().All,
                unknown,
                problem,
                engine.Limits is { IsShared: true, IsAlone: true });
        });
    }

    public Task<BudgetsReading> ReadAsync() => _shared.GetAsync();

    /// <summary>Says that a page has changed a limit or a budget.</summary>
    public void Forget() => _shared.Forget();

    /// <summary>The spending of a budget over time; null if there is no such account.</summary>
    /// <exception cref="LedgerException">The ledger cannot be read.</exception>
    public Task<BudgetCurve?> ReadCurveAsync(string id) => _curves.ReadAsync(id);

    // Budgets and limits are counted in this process, so the page shows them even while the ledger is unavailable.
    private static async Task<(IReadOnlyList<LedgerEntry> Unknown, string? Problem)> FindUnknownAsync(
        SwitchyardEngine engine, CancellationToken cancellationToken)
    {
        try
        {
            return (await engine.Budgets.FindUnknownAsync(cancellationToken), null);
        }
        catch (LedgerException away)
        {
            return ([], away.Message);
        }
        catch (OperationCanceledException)
        {
            return ([], "The ledger took too long.");
        }
    }
}

/// <summary>The use of budgets and limits.</summary>
/// <param name="Budgets">The budgets that have been used, the most used first.</param>
/// <param name="AllBudgets">The number of budgets that have been used.</param>
/// <param name="Limits">The limits, those that are reached or most used first.</param>
/// <param name="AllLimits">The number of limits.</param>
/// <param name="Unknown">The calls whose end is not known: their worst-case cost stays reserved.</param>
/// <param name="NoUnknown">Why the ledger could not list those calls; null if it did.</param>
/// <param name="IsAlone">True if limits are shared between gateways, but this one counts alone because their store is unavailable.</param>
internal sealed record BudgetsReading(
    IReadOnlyList<BudgetStatus> Budgets,
    int AllBudgets,
    IReadOnlyList<LimitStatus> Limits,
    int AllLimits,
    IReadOnlyList<LedgerEntry> Unknown,
    string? NoUnknown,
    bool IsAlone);
