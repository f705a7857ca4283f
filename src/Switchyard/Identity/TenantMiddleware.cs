using Switchyard.Calls;
using Switchyard.Pipeline;

namespace Switchyard.Identity;

/// <summary>
/// Assigns a call to the tenant it names, if its key allows that. The first step of all, so that everything is counted for the right
/// tenant. Present if named keys or tenants are configured; otherwise a tenant is a label that any client may set.
/// </summary>
internal sealed class TenantMiddleware(TenantTable tenants) : ICallMiddleware
{
    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
    {
        if (call.Tenant is not { } named || named == call.Caller.Tenant)
            return next(call);
        if (tenants.Refuse(call.Caller, named) is { } refused)
        {
            call.SetCaller(call.Caller, call.Caller.Tenant);
            return new(new FailedResponse(refused));
        }

        var caller = tenants.Within(call.Caller, named);
        call.SetCaller(caller, caller.Tenant);
        return next(call);
    }
}
