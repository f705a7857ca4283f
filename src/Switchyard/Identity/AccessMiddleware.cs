using Switchyard.Calls;
using Switchyard.Pipeline;

namespace Switchyard.Identity;

/// <summary>
/// Refuses models that the caller's key or tenant may not call, and answers that it may not continue. Runs after the routing, because a
/// name is resolved only then. Present if keys or tenants are configured.
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
