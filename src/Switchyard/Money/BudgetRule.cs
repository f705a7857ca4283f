using System.IO.Enumeration;
using Switchyard.Calls;
using Switchyard.Targets;

namespace Switchyard.Money;

/// <summary>One budget of a configuration: how much, for how long, and which calls it counts. Immutable.</summary>
internal sealed class BudgetRule
{
    /// <summary>The budget's name: <c>total</c>, <c>key:ci</c>, <c>tenant:acme/build</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The limit in nano-dollars.</summary>
    public required long Limit { get; init; }

    /// <summary>The time it is for.</summary>
    public required BudgetPeriod Period { get; init; }

    /// <summary>Whether it refuses calls when it is used up.</summary>
    public bool IsStrict { get; init; }

    /// <summary>Whether a request without a limit for its answer gets one, rather than being refused, when its longest would not
    /// fit.</summary>
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

    /// <summary>The same with the name that its provider is registered under; null takes it as it is written.</summary>
    public string? Target { get; init; }

    /// <summary>What has an account of its own; null where there is one for all.</summary>
    public BudgetScope? Per { get; init; }

    /// <summary>The model that calls go to near the end; null leaves them as they are.</summary>
    public string? CheaperModel { get; init; }

    /// <summary>The share of the limit from which they do.</summary>
    public double CheaperAfter { get; init; } = 1;

    /// <summary>The shares of the limit at which it is said that they are spent, rising.</summary>
    public IReadOnlyList<double> Thresholds { get; init; } = [];

    /// <summary>Where that is sent to; null for nowhere.</summary>
    public string? Webhook { get; init; }

    /// <summary>What signs it; null for nothing.</summary>
    public string? WebhookSecret { get; init; }

    /// <summary>Whether it depends on the target, so that it is checked for each attempt.</summary>
    public bool IsOfTarget => Provider is not null || Model is not null;

    /// <summary>Whether a call counts, as far as that does not depend on its target.</summary>
    public bool Counts(ModelCall call, MoneyFacts facts) =>
        (Key is null || Key == facts.Key)
        && (Tenant is null || IsWithin(call.Tenant, Tenant))
        && (Tag is null || Tag == facts.Tag)
        && (Per is null || facts.ScopeOf(call, Per.Value) is not null);

    /// <summary>Whether an attempt counts.</summary>
    public bool Counts(ModelCall call, Deployment target) =>
        (Provider is null || string.Equals(Provider, target.Provider, StringComparison.OrdinalIgnoreCase))
        && (Model is null || Matches(call, target));

    private bool Matches(ModelCall call, Deployment target) =>
        FileSystemName.MatchesSimpleExpression(Model, call.Route?.Alias ?? call.Envelope.Model)
        || FileSystemName.MatchesSimpleExpression(Target ?? Model, $"{target.Provider}/{target.Model}")
        || FileSystemName.MatchesSimpleExpression(Model, target.Model);

    /// <summary>Whether a tenant is another, or below it: <c>acme/build</c> is within <c>acme</c>, in whatever case it is named.</summary>
    private static bool IsWithin(string? tenant, string other) =>
        tenant is not null && tenant.StartsWith(other, StringComparison.OrdinalIgnoreCase)
        && (tenant.Length == other.Length || tenant[other.Length] == '/');
}

/// <summary>What a budget has an account of its own for.</summary>
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
