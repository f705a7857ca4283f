using Switchyard.Calls;
using Switchyard.Targets;

namespace Switchyard.Guards;

/// <summary>A guard as one configuration has it: what it looks at, for whom, and whether it acts. Immutable.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Guard">What looks.</param>
internal sealed record GuardRule(string Name, IGuard Guard)
{
    /// <summary>Whether it acts on what it finds, and does not only say so.</summary>
    public bool Enforces { get; init; } = true;

    /// <summary>Whether it looks at requests.</summary>
    public bool OnRequest { get; init; } = true;

    /// <summary>Whether it looks at answers.</summary>
    public bool OnAnswer { get; init; } = true;

    /// <summary>Whether what it masked in a request is put back into the answer.</summary>
    public bool Restores { get; init; }

    /// <summary>The status of a refusal.</summary>
    public int Status { get; init; } = 403;

    /// <summary>Whether a call is refused where it cannot look.</summary>
    public bool FailsClosed { get; init; } = true;

    /// <summary>The models, keys and tenants whose calls it looks at; null for all.</summary>
    public string[]? Models { get; init; }

    public IReadOnlySet<string>? Keys { get; init; }

    public IReadOnlyList<string>? Tenants { get; init; }

    /// <summary>Whether it looks at a call. Costs nothing but a look at each list there is.</summary>
    public bool Applies(ModelCall call) =>
        (Models is null || IsForModel(call, Models))
        && (Keys is null || (call.Caller.Name is { } key && Keys.Contains(key)))
        && (Tenants is null || IsOfTenant(call.Tenant));

    /// <summary>The error of a call that it refuses.</summary>
    public CallError Refusal(GuardSide side, IReadOnlyList<GuardMatch> matches)
    {
        var kinds = string.Join(", ", GuardLog.KindsOf(matches));
        var what = side == GuardSide.Request ? "request" : "answer";
        return new CallError(
            CallErrorKind.GuardBlocked,
            $"Guard '{Name}' does not let this {what} through{(kinds.Length == 0 ? "" : $": it holds {kinds}")}.")
        {
            RefusalStatus = Status,
        };
    }

    /// <summary>The error of a call that it could not look at.</summary>
    public CallError Failure() => new(
        CallErrorKind.GuardBlocked,
        $"Guard '{Name}' could not look at this call, and nothing is to pass without it. The gateway's log says why. Try again later.")
    {
        Code = "guard_failed",
        RefusalStatus = 503,
    };

    private static bool IsForModel(ModelCall call, string[] models)
    {
        var asked = call.Envelope.Model;
        foreach (var model in models)
        {
            if (IsSame(model, asked) || (call.Route is { } route && (IsSame(model, route.Alias) || IsTargetAskedFor(route, model, asked))))
                return true;
        }

        return false;
    }

    /// <summary>
    /// Whether a name is that of a target which the call asks for by itself, however it writes it: in another case, or without its
    /// provider.
    /// </summary>
    private static bool IsTargetAskedFor(Route route, string name, string asked)
    {
        for (var i = 0; i < route.Groups.Count; i++)
        {
            var targets = route.Groups[i].Deployments;
            for (var j = 0; j < targets.Count; j++)
            {
                if (IsNameOf(targets[j], name) && IsAskedForBy(targets[j], asked))
                    return true;
            }
        }

        return false;
    }

    private static bool IsNameOf(Deployment target, string name) =>
        name.Length == target.Provider.Length + 1 + target.Model.Length && name[target.Provider.Length] == '/'
        && name.StartsWith(target.Provider, StringComparison.OrdinalIgnoreCase)
        && name.EndsWith(target.Model, StringComparison.OrdinalIgnoreCase);

    private static bool IsAskedForBy(Deployment target, string asked) =>
        IsSame(asked, target.Provider)
        || (asked.EndsWith(target.Model, StringComparison.OrdinalIgnoreCase)
            && (asked.Length == target.Model.Length || asked[asked.Length - target.Model.Length - 1] == '/'));

    private static bool IsSame(string left, string right) => left.Equals(right, StringComparison.OrdinalIgnoreCase);

    private bool IsOfTenant(string? tenant)
    {
        if (tenant is null)
            return false;
        foreach (var known in Tenants!)
        {
            if (tenant.StartsWith(known, StringComparison.OrdinalIgnoreCase)
                && (tenant.Length == known.Length || tenant[known.Length] == '/'))
                return true;
        }

        return false;
    }
}
