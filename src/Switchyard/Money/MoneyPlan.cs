using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Targets;

namespace Switchyard.Money;

/// <summary>
/// What one configuration says of money: its budgets, and whether calls are written down. A section of the snapshot, absent where there is
/// neither. Immutable but for the accounts, which outlive it.
/// </summary>
internal sealed class MoneyPlan
{
    /// <summary>The section.</summary>
    public static readonly SectionKey<MoneyPlan> Section = new();

    private readonly BudgetRule[] _ofCalls;
    private readonly BudgetRule[] _ofTargets;

    /// <summary>Creates the plan.</summary>
    public MoneyPlan(IReadOnlyList<BudgetRule> rules, int refusalStatus)
    {
        Rules = rules;
        RefusalStatus = refusalStatus;
        _ofCalls = [.. rules.Where(rule => !rule.IsOfTarget)];
        _ofTargets = [.. rules.Where(rule => rule.IsOfTarget)];
        NeedsSession = rules.Any(rule => rule.Per == BudgetScope.Session);
    }

    /// <summary>The budgets.</summary>
    public IReadOnlyList<BudgetRule> Rules { get; }

    /// <summary>The status of an answer that a budget refuses.</summary>
    public int RefusalStatus { get; }

    /// <summary>Whether there is any budget.</summary>
    public bool HasBudgets => Rules.Count > 0;

    /// <summary>Whether a call must be known by its conversation, though its client names none.</summary>
    public bool NeedsSession { get; }

    /// <summary>The accounts that a call counts for, whatever its target.</summary>
    public IReadOnlyList<BudgetAccount> AccountsOf(ModelCall call, MoneyFacts facts, BudgetBook book, DateTimeOffset now)
    {
        List<BudgetAccount>? found = null;
        foreach (var rule in _ofCalls)
        {
            if (rule.Counts(call, facts))
                (found ??= []).Add(book.AccountOf(rule, rule.Per is { } per ? facts.ScopeOf(call, per) : null, now));
        }

        return found ?? (IReadOnlyList<BudgetAccount>)[];
    }

    /// <summary>The accounts that an attempt counts for because of its target.</summary>
    public IReadOnlyList<BudgetAccount> AccountsOf(
        ModelCall call, MoneyFacts facts, Deployment target, BudgetBook book, DateTimeOffset now)
    {
        List<BudgetAccount>? found = null;
        foreach (var rule in _ofTargets)
        {
            if (rule.Counts(call, facts) && rule.Counts(call, target))
                (found ??= []).Add(book.AccountOf(rule, rule.Per is { } per ? facts.ScopeOf(call, per) : null, now));
        }

        return found ?? (IReadOnlyList<BudgetAccount>)[];
    }

    /// <summary>Reads a configuration; null where it has no budget and no ledger.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="nameOf">From a provider's name as written to the one it is registered under.</param>
    public static MoneyPlan? From(SwitchyardOptions options, Func<string, string> nameOf)
    {
        var rules = BudgetRules.Of(options, nameOf);
        return rules.Count == 0 && string.IsNullOrWhiteSpace(options.Storage.Ledger) ? null : new(rules, options.Budgets.Status);
    }
}
