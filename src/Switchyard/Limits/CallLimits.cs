using Switchyard.Calls;
using Switchyard.Pipeline;

namespace Switchyard.Limits;

/// <summary>
/// The limits of the caller: of its key, its tenant and the tenants above. A step, present if a key or a tenant has limits. Immutable and
/// thread-safe.
/// </summary>
internal sealed class CallLimits : ICallMiddleware
{
    /// <summary>The step.</summary>
    public static readonly CallLimits Instance = new();

    /// <summary>The slot of the limit of one key or tenant.</summary>
    public static readonly SlotKey<Limit> OfScope = new();

    private static readonly SlotKey<LimitGroup> s_ofCaller = new();

    private CallLimits()
    {
    }

    /// <summary>Returns the caller with all limits that apply to it: those of its key, its tenant and the tenants above.</summary>
    public static Caller AddTo(Caller caller) =>
        caller.With(s_ofCaller, LimitGroup.Of(caller.Scopes.Select(scope => scope.Get(OfScope))));

    /// <summary>The limits of a caller; null if none.</summary>
    public static LimitGroup? Of(Caller caller) => caller.Get(s_ofCaller);

    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
    {
        if (Of(call.Caller) is not { } limits)
            return next(call);
        var taking = limits.TakeAsync(call);
        return taking.IsCompletedSuccessfully ? Go(call, taking.Result, next) : GoOnceTakenAsync(call, taking, next);
    }

    private static ValueTask<CallResponse> Go(ModelCall call, LimitTaking taken, CallHandler next)
    {
        if (taken.Refusal is { } refusal)
            return new(new FailedResponse(refusal.ToError()));
        call.Set(CallMarks.Taken, taken.Hold);
        return next(call);
    }

    private static async ValueTask<CallResponse> GoOnceTakenAsync(
        ModelCall call, ValueTask<LimitTaking> taking, CallHandler next) =>
        await Go(call, await taking.ConfigureAwait(false), next).ConfigureAwait(false);
}
