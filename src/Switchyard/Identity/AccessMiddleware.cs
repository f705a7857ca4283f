using Switchyard.Calls;
using Switchyard.Pipeline;

namespace Switchyard.Identity;

/// <summary>
/// Refuses what the caller's key or tenant may not call, or go on from. It stands behind the routing, because what a name means is known
/// only then. In the pipeline where there are named keys or tenants.
/// </summary>
internal sealed class AccessMiddleware : ICallMiddleware
{
    public static readonly AccessMiddleware Instance = new();

    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
    {
        var found = AccessRules.Apply(call, call.Route!);
        if (found.Error is { } refused)
            return new(new FailedResponse(refused));
        call.Route = found.Route;
        return next(call);
    }
}
