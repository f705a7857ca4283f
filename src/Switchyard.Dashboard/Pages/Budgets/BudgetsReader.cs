using Switchyard.Engine;
using Switchyard.Limits;
using Switchyard.Money;
using Switchyard.Overview;

namespace Switchyard.Dashboard.Pages.Budgets;

/// <summary>Reads budgets, limits, and the calls whose end is not known. Thread-safe.</summary>
internal sealed class BudgetsReader
{
    /// <summary>How many budgets, and limits, are shown: a gateway may have one for each of many keys.</summary>
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

    /// <summary>How what a budget has spent grew; null where there is no such account.</summary>
    /// <exception cref="LedgerException">The ledger cannot say.</exception>
    public Task<BudgetCurve?> ReadCurveAsync(string id) => _curves.ReadAsync(id);

    // Budgets and limits are counted here, and are there to be seen while the ledger is away.
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

/// <summary>What is counted of money and requests.</summary>
/// <param name="Budgets">The budgets that have been used, those that are used most first.</param>
/// <param name="AllBudgets">How many there are.</param>
/// <param name="Limits">The limits, those that are reached or used most first.</param>
/// <param name="AllLimits">How many there are.</param>
/// <param name="Unknown">The calls whose end is not known: they hold their worst case.</param>
/// <param name="NoUnknown">Why the ledger could not say which those are; null where it did.</param>
/// <param name="IsAlone">Whether limits are shared between gateways, and this one counts alone because their store is away.</param>
internal sealed record BudgetsReading(
    IReadOnlyList<BudgetStatus> Budgets,
    int AllBudgets,
    IReadOnlyList<LimitStatus> Limits,
    int AllLimits,
    IReadOnlyList<LedgerEntry> Unknown,
    string? NoUnknown,
    bool IsAlone);
