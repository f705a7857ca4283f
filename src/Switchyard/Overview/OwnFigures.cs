using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Limits;
using Switchyard.Money;

namespace Switchyard.Overview;

/// <summary>The figures that a client key's owner may read: the limits and budgets that count their calls. Thread-safe.</summary>
public sealed class OwnFigures
{
    private readonly SwitchyardEngine _engine;

    internal OwnFigures(SwitchyardEngine engine) => _engine = engine;

    /// <summary>The counters of the limits of a caller's key and its tenants, sorted by name.</summary>
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
    /// The budgets of a caller's key and its tenants, including their accounts of budgets with one account for each key or tenant.
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
