using Switchyard.Engine;
using Switchyard.Limits;
using Switchyard.Money;

namespace Switchyard.Dashboard.Pages.Budgets;

/// <summary>Reads budgets, limits, and the calls whose end is not known. Thread-safe.</summary>
internal sealed class BudgetsReader
{
    private readonly Liveness.Shared<BudgetsReading> _shared;

    public BudgetsReader(SwitchyardEngine engine, TimeProvider time) => _shared = new(time, async cancellationToken => new(
        engine.Budgets.List(),
        [.. engine.Limits.GetAllStatuses().OrderBy(limit => limit.Name, StringComparer.Ordinal)],
        await engine.Budgets.FindUnknownAsync(cancellationToken),
        engine.Limits is { IsShared: true, IsAlone: true }));

    public Task<BudgetsReading> ReadAsync() => _shared.GetAsync();
}

/// <summary>What is counted of money and requests.</summary>
/// <param name="Budgets">The budgets that have been used.</param>
/// <param name="Limits">The limits.</param>
/// <param name="Unknown">The calls whose end is not known: they hold their worst case.</param>
/// <param name="IsAlone">Whether limits are shared between gateways, and this one counts alone because their store is away.</param>
internal sealed record BudgetsReading(
    IReadOnlyList<BudgetStatus> Budgets, IReadOnlyList<LimitStatus> Limits, IReadOnlyList<LedgerEntry> Unknown, bool IsAlone);
