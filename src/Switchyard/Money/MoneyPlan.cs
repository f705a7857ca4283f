using Switchyard.Calls;
using Switchyard.Configuration;
using Switchyard.Targets;

namespace Switchyard.Money;

/// <summary>
/// The money settings of one configuration: its budgets, and whether calls are recorded. A section of the snapshot, absent without budgets
/// and ledger. Immutable except for the accounts, which outlive it.
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

    /// <summary>The HTTP status of a refusal by a budget.</summary>
    public int RefusalStatus { get; }

    /// <summary>Whether there is any budget.</summary>
    public bool HasBudgets => Rules.Count > 0;

    /// <summary>Whether the conversation of a call is needed even if its client names none.</summary>
    public bool NeedsSession { get; }

    /// <summary>The accounts that a call counts for, regardless of its target.</summary>
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

    /// <summary>The accounts that a call counts for at a provider whose models are not known, as those of a batch.</summary>
    public List<BudgetAccount> AccountsAt(ModelCall call, MoneyFacts facts, string provider, BudgetBook book, DateTimeOffset now)
    {
        List<BudgetAccount> found = [.. AccountsOf(call, facts, book, now)];
        foreach (var rule in _ofTargets)
        {
            if (rule is { Provider: { } name, Model: null } && TargetNames.IsProvider(provider, name) && rule.Counts(call, facts))
                found.Add(book.AccountOf(rule, rule.Per is { } per ? facts.ScopeOf(call, per) : null, now));
        }

        return found;
    }

    /// <summary>Reads a configuration; null if it has no budget and no ledger.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="nameOf">Maps a provider's configured name to the name it is registered under.</param>
    public static MoneyPlan? From(SwitchyardOptions options, Func<string, string> nameOf)
    {
        var rules = BudgetRules.Of(options, nameOf);
        return rules.Count == 0 && string.IsNullOrWhiteSpace(options.Storage.Ledger) ? null : new(rules, options.Budgets.Status);
    }
}
