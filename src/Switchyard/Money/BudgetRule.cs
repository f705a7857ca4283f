using System.IO.Enumeration;
using Switchyard.Calls;
using Switchyard.Targets;

namespace Switchyard.Money;

/// <summary>One budget of a configuration: its limit, its period, and the calls it counts. Immutable.</summary>
internal sealed class BudgetRule
{
    /// <summary>The budget's name: <c>total</c>, <c>key:ci</c>, <c>tenant:acme/build</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The limit in nano-dollars.</summary>
    public required long Limit { get; init; }

    /// <summary>The period.</summary>
    public required BudgetPeriod Period { get; init; }

    /// <summary>Whether it refuses calls when used up.</summary>
    public bool IsStrict { get; init; }

    /// <summary>Whether a request without an output limit gets one, instead of a refusal, if its longest answer does not fit.</summary>
    public bool Caps { get; init; }

    /// <summary>Only this key's calls; null for every key's.</summary>
    public string? Key { get; init; }

    /// <summary>Only calls of this tenant and those below it; null for every tenant's.</summary>
    public string? Tenant { get; init; }

    /// <summary>Only calls with this tag; null for any.</summary>
    public string? Tag { get; init; }

    /// <summary>Only attempts at this provider, by the name it is registered under; null for any.</summary>
    public string? Provider { get; init; }

    /// <summary>Only this alias, or attempts at this <c>provider/model</c>; null for any.</summary>
    public string? Model { get; init; }

    /// <summary>The same with the provider's registered name; null uses it as configured.</summary>
    public string? Target { get; init; }

    /// <summary>The owners with separate accounts; null for a single account.</summary>
    public BudgetScope? Per { get; init; }

    /// <summary>The model to which calls are sent near the limit; null for none.</summary>
    public string? CheaperModel { get; init; }

    /// <summary>The share of the limit from which calls are sent there.</summary>
    public double CheaperAfter { get; init; } = 1;

    /// <summary>The shares of the limit at which an alert is sent, ascending.</summary>
    public IReadOnlyList<double> Thresholds { get; init; } = [];

    /// <summary>The address that receives alerts; null for none.</summary>
    public string? Webhook { get; init; }

    /// <summary>The secret that signs alerts; null for none.</summary>
    public string? WebhookSecret { get; init; }

    /// <summary>Whether it depends on the target and is therefore checked for each attempt.</summary>
    public bool IsOfTarget => Provider is not null || Model is not null;

    /// <summary>Whether it counts a call, regardless of the target.</summary>
    public bool Counts(ModelCall call, MoneyFacts facts) =>
        (Key is null || Key == facts.Key)
        && (Tenant is null || IsWithin(call.Tenant, Tenant))
        && (Tag is null || Tag == facts.Tag)
        && (Per is null || facts.ScopeOf(call, Per.Value) is not null);

    /// <summary>Whether it counts an attempt.</summary>
    public bool Counts(ModelCall call, Deployment target) =>
        (Provider is null || TargetNames.IsProvider(target.Provider, Provider))
        && (Model is null || Matches(call, target));

    private bool Matches(ModelCall call, Deployment target) =>
        FileSystemName.MatchesSimpleExpression(Model, call.Route?.Alias ?? call.Envelope.Model)
        || FileSystemName.MatchesSimpleExpression(Target ?? Model, $"{target.Provider}/{target.Model}")
        || (TargetNames.WithoutVersion(target.Provider) is { } bare
            && FileSystemName.MatchesSimpleExpression(Target ?? Model, $"{bare}/{target.Model}"))
        || FileSystemName.MatchesSimpleExpression(Model, target.Model);

    /// <summary>Whether a tenant equals another, or is below it: <c>acme/build</c> is within <c>acme</c>, ignoring case.</summary>
    private static bool IsWithin(string? tenant, string other) =>
        tenant is not null && tenant.StartsWith(other, StringComparison.OrdinalIgnoreCase)
        && (tenant.Length == other.Length || tenant[other.Length] == '/');
}

/// <summary>The owners for which a budget has separate accounts.</summary>
internal enum BudgetScope
{
    /// <summary>Each client key.</summary>
    Key,

    /// <summary>Each tenant.</summary>
    Tenant,

    /// <summary>Each end user that the client names.</summary>
    EndUser,

    /// <summary>Each conversation.</summary>
    Session,

    /// <summary>Each tag.</summary>
    Tag,
}
