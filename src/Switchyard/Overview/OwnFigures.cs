using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Limits;
using Switchyard.Money;

namespace Switchyard.Overview;

/// <summary>What the owner of a client's key may know: the limits and budgets that their own calls count for. Thread-safe.</summary>
public sealed class OwnFigures
{
    private readonly SwitchyardEngine _engine;

    internal OwnFigures(SwitchyardEngine engine) => _engine = engine;

    /// <summary>What is counted of the limits of a caller's key and its tenants, sorted by name.</summary>
    public IReadOnlyList<LimitStatus> LimitsOf(Caller caller)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return
        [
            .. caller.Scopes.Select(scope => _engine.Limits.GetStatus(
                    scope.Name, scope.Kind == CallerScopeKind.Key ? LimitScope.Key : LimitScope.Tenant))
                .OfType<LimitStatus>().OrderBy(status => status.Name, StringComparer.Ordinal),
        ];
    }

    /// <summary>
    /// What the budgets of a caller's key and its tenants have spent, and their account of a budget with one for each, sorted by id.
    /// </summary>
    public IReadOnlyList<BudgetStatus> BudgetsOf(Caller caller)
    {
        ArgumentNullException.ThrowIfNull(caller);
        var named = _engine.InForce.Budgets.Named;
        return [.. _engine.Budgets.List().Where(budget => IsOf(caller, budget, named))];
    }

    private static bool IsOf(Caller owner, BudgetStatus budget, IReadOnlyDictionary<string, BudgetOptions> named)
    {
        var per = named.GetValueOrDefault(budget.Budget)?.Per;
        return Is(per, "key", owner.Name) || owner.Scopes.Any(scope => scope.Kind == CallerScopeKind.Key
            ? budget.Budget.Equals($"key:{scope.Name}", StringComparison.OrdinalIgnoreCase)
            : budget.Budget.Equals($"tenant:{scope.Name}", StringComparison.OrdinalIgnoreCase) || Is(per, "tenant", scope.Name));

        bool Is(string? each, string kind, string name) => string.Equals(each, kind, StringComparison.OrdinalIgnoreCase)
            && string.Equals(budget.Scope, name, StringComparison.OrdinalIgnoreCase);
    }
}
