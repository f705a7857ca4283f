using System.Runtime.CompilerServices;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Targets;

namespace Switchyard.Identity;

/// <summary>
/// What a caller may call: its key's list, its tenant's and those of the tenants above, all of which must allow it. What they leave of a
/// route is found once. Thread-safe.
/// </summary>
internal sealed class AccessRules
{
    private static readonly SlotKey<AccessRules> s_slot = new();

    private readonly AllowList[] _lists;
    private readonly bool _namesModels;
    private readonly ConditionalWeakTable<Route, Verdict> _verdicts = new();

    private AccessRules(AllowList[] lists) => (_lists, _namesModels) = (lists, Array.Exists(lists, list => list.NamesModels));

    /// <summary>The caller with its rules; itself where it may call everything.</summary>
    public static Caller AddTo(Caller caller)
    {
        AllowList[] lists = [.. caller.Scopes.Select(scope => scope.Get(AllowList.Slot)).OfType<AllowList>()];
        return lists.Length == 0 ? caller : caller.With(s_slot, new AccessRules(lists));
    }

    /// <summary>The rules of a caller; null where it may call everything.</summary>
    public static AccessRules? Of(Caller caller) => caller.Get(s_slot);

    /// <summary>What a call may use of a route, or why it may not be made.</summary>
    public static RouteResult Apply(ModelCall call, Route route) =>
        AnswerOwners.GoesOnFromAnothers(call) ? AnothersAnswer(call) : ApplyLists(call, route);

    /// <summary>What the lists of a call's caller leave of a route, also by the models its body names beside the one asked for.</summary>
    public static RouteResult ApplyLists(ModelCall call, Route route)
    {
        if (Of(call.Caller) is not { } rules)
            return route;
        var found = rules.Apply(call.Envelope.Operation, route);
        return rules._namesModels && found.Route is { } left && FurtherModels.Of(call.Body) is { } further
            ? rules.Apply(further, left)
            : found;
    }

    /// <summary>What a caller may use of a route, or why it may not.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="operation">What for; null for whatever it may do.</param>
    /// <param name="route">The route.</param>
    public static RouteResult Apply(Caller caller, CallOperation? operation, Route route) =>
        Of(caller) is { } rules ? rules.Apply(operation, route) : route;

    /// <summary>Whether a model may be called by its name, or by one of its targets.</summary>
    public bool Allows(string name, IReadOnlyList<string> targets) => Array.TrueForAll(_lists, list => list.Allows(name, targets));

    /// <summary>Why a caller may not do something that asks for no model; null where it may.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="operation">What it does.</param>
    /// <param name="namesModels">Whether it asks for models in a file that nobody reads.</param>
    public static CallError? Refuse(Caller caller, CallOperation operation, bool namesModels)
    {
        if (Of(caller) is not { } rules)
            return null;
        if (rules.Refuse(operation) is { } refused)
            return refused;
        return namesModels ? rules._lists.Select(list => list.RefuseBatch()).FirstOrDefault(found => found is not null) : null;
    }

    // In the words for an id of nobody here, as far as we have such: OpenAI's own code, so that an id cannot be tried out.
    private static CallError AnothersAnswer(ModelCall call) => new(
        CallErrorKind.InvalidRequest,
        $"No answer or conversation '{Sanitizer.Clean(call.Envelope.GoesOnFrom!)}' of yours is known. Go on from one that was given to the "
            + "same key or tenant, or send the whole conversation.")
    {
        Code = "previous_response_not_found",
        Param = "previous_response_id",
    };

    private CallError? Refuse(CallOperation operation)
    {
        foreach (var list in _lists)
        {
            if (list.Refuse(operation) is { } refused)
                return refused;
        }

        return null;
    }

    private RouteResult Apply(CallOperation? operation, Route route)
    {
        if (operation is { } asked && Refuse(asked) is { } refused)
            return refused;

        // A route lives as long as its configuration, so a call finds the verdict of the one before.
        return _verdicts.GetValue(route, Judge).Result;
    }

    /// <summary>
    /// Those targets whose provider may answer with each of the further models. The route counts as narrowed even where all are left, so
    /// that nothing adds a target that was not asked about.
    /// </summary>
    private RouteResult Apply(List<FurtherModel> further, Route route)
    {
        CallError? refused = null;
        var left = route.Narrowed(target =>
        {
            foreach (var model in further)
            {
                if (Refuse(target.Provider, model, route) is not { } error)
                    continue;
                refused ??= error;
                return false;
            }

            return true;
        });
        return left is null ? refused! : left;
    }

    private CallError? Refuse(string provider, FurtherModel model, Route route)
    {
        // What is left of the route may be called as it is.
        if (route.Groups.Any(group => group.Deployments.Any(target => target.Provider == provider && target.Model == model.Name)))
            return null;
        var name = $"{provider}/{model.Name}";
        foreach (var list in _lists)
        {
            if (!list.AllowsTarget(name))
                return list.Refuse(name) with { Param = model.Member };
        }

        return null;
    }

    private Verdict Judge(Route route)
    {
        var left = route;
        foreach (var list in _lists)
        {
            if (list.Narrow(left, route) is not { } narrowed)
                return new(list.Refuse(route.Alias));
            left = narrowed;
        }

        return new(left);
    }

    private sealed record Verdict(RouteResult Result);
}
