using System.Runtime.CompilerServices;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Targets;

namespace Switchyard.Identity;

/// <summary>
/// The models and operations a caller may use: the lists of its key, its tenant and the tenants above must all allow them. The allowed part
/// of a route is computed once. Thread-safe.
/// </summary>
internal sealed class AccessRules
{
    private static readonly SlotKey<AccessRules> s_slot = new();

    private readonly AllowList[] _lists;
    private readonly bool _namesModels;
    private readonly ConditionalWeakTable<Route, Verdict> _verdicts = new();

    private AccessRules(AllowList[] lists) => (_lists, _namesModels) = (lists, Array.Exists(lists, list => list.NamesModels));

    /// <summary>Returns the caller with its rules; the same object if everything is allowed.</summary>
    public static Caller AddTo(Caller caller)
    {
        AllowList[] lists = [.. caller.Scopes.Select(scope => scope.Get(AllowList.Slot)).OfType<AllowList>()];
        return lists.Length == 0 ? caller : caller.With(s_slot, new AccessRules(lists));
    }

    /// <summary>The rules of a caller; null if everything is allowed.</summary>
    public static AccessRules? Of(Caller caller) => caller.Get(s_slot);

    /// <summary>The part of a route that a call may use, or the reason for a refusal.</summary>
    public static RouteResult Apply(ModelCall call, Route route) =>
        AnswerOwners.ContinuesForeignState(call) ? AnothersAnswer(call) : ApplyLists(call, route);

    /// <summary>The part of a route that the lists of a call's caller allow, also checking the further models in its body.</summary>
    public static RouteResult ApplyLists(ModelCall call, Route route)
    {
        if (Of(call.Caller) is not { } rules)
            return route;
        var found = rules.Apply(call.Envelope.Operation, route);
        return rules._namesModels && found.Route is { } left && FurtherModels.Of(call.Body) is { } further
            ? rules.Apply(further, left)
            : found;
    }

    /// <summary>The part of a route that one request of a batch may use, also checking the further models in it.</summary>
    /// <param name="caller">The caller of the batch.</param>
    /// <param name="route">The route of the request's model.</param>
    /// <param name="request">The request.</param>
    public static RouteResult ApplyToBatched(Caller caller, Route route, ReadOnlySpan<byte> request)
    {
        if (Of(caller) is not { } rules)
            return route;
        var found = rules.Apply(CallOperation.Batch, route);
        return rules._namesModels && found.Route is { } left && FurtherModels.OfWire(request) is { } further
            ? rules.Apply(further, left)
            : found;
    }

    /// <summary>The part of a route that a caller may use, or the reason for a refusal.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="operation">The operation; null for any.</param>
    /// <param name="route">The route.</param>
    public static RouteResult Apply(Caller caller, CallOperation? operation, Route route) =>
        Of(caller) is { } rules ? rules.Apply(operation, route) : route;

    /// <summary>Whether a model may be called by its name, or by one of its targets.</summary>
    public bool Allows(string name, IReadOnlyList<string> targets) => Array.TrueForAll(_lists, list => list.Allows(name, targets));

    /// <summary>The reason why a caller may not use an operation without a model; null if it may.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="namesModels">Whether it names models in a file that the gateway does not read.</param>
    public static CallError? Refuse(Caller caller, CallOperation operation, bool namesModels)
    {
        if (Of(caller) is not { } rules)
            return null;
        if (rules.Refuse(operation) is { } refused)
            return refused;
        return namesModels ? rules._lists.Select(list => list.RefuseBatch()).FirstOrDefault(found => found is not null) : null;
    }

    // The same answer as for an unknown id, with OpenAI's code, so that a client cannot probe for ids of others.
    private static CallError AnothersAnswer(ModelCall call) => new(
        CallErrorKind.InvalidRequest,
        $"No answer or conversation '{Sanitizer.Clean(call.Envelope.ContinuedId!)}' of yours is known. Continue from one that was returned "
            + "to the same key or tenant, or send the whole conversation.")
    {
        Code = "previous_response_not_found",
        Param = call.Envelope.ContinuedField,
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

        // A route lives as long as its configuration, so the verdict is computed once for all calls.
        return _verdicts.GetValue(route, Judge).Result;
    }

    /// <summary>
    /// Keeps the targets whose provider may answer with each of the further models. The route counts as narrowed even if all targets
    /// remain, so that no unchecked target is added later.
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
        // The remaining targets of the route are allowed.
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
