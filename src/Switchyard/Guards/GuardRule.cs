using Switchyard.Calls;
using Switchyard.Targets;

namespace Switchyard.Guards;

/// <summary>A guard with its configuration: which side it checks, for which calls, and whether it acts. Immutable.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Guard">The guard.</param>
internal sealed record GuardRule(string Name, IGuard Guard)
{
    /// <summary>Whether it masks or refuses; false only reports.</summary>
    public bool Enforces { get; init; } = true;

    /// <summary>Whether it checks requests.</summary>
    public bool OnRequest { get; init; } = true;

    /// <summary>Whether it checks answers.</summary>
    public bool OnAnswer { get; init; } = true;

    /// <summary>Whether text that it masked in a request is restored in the answer.</summary>
    public bool Restores { get; init; }

    /// <summary>The HTTP status of a refusal.</summary>
    public int Status { get; init; } = 403;

    /// <summary>Whether a call is refused if the guard fails.</summary>
    public bool FailsClosed { get; init; } = true;

    /// <summary>The models, keys and tenants whose calls it checks; null for all.</summary>
    public string[]? Models { get; init; }

    public IReadOnlySet<string>? Keys { get; init; }

    public IReadOnlyList<string>? Tenants { get; init; }

    /// <summary>Whether it applies to a call. Allocates nothing: it only searches the configured lists.</summary>
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
            $"Guard '{Name}' refused this {what}{(kinds.Length == 0 ? "" : $" (found: {kinds})")}.")
        {
            RefusalStatus = Status,
        };
    }

    /// <summary>The error of a call that it could not check.</summary>
    public CallError Failure() => new(
        CallErrorKind.GuardBlocked,
        $"Guard '{Name}' could not check this call, and unchecked calls are refused. The gateway's log says why. Try again later.")
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
    /// Whether a name is the target that the call names directly; the call may write it in another case or without the provider.
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

    private static bool IsNameOf(Deployment target, string name)
    {
        var slash = name.Length - target.Model.Length - 1;
        return slash > 0 && name[slash] == '/' && name.EndsWith(target.Model, StringComparison.OrdinalIgnoreCase)
            && TargetNames.IsProvider(target.Provider, name.AsSpan(0, slash));
    }

    private static bool IsAskedForBy(Deployment target, string asked) =>
        TargetNames.IsProvider(target.Provider, asked)
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
