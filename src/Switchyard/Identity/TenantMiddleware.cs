using Switchyard.Calls;
using Switchyard.Pipeline;

namespace Switchyard.Identity;

/// <summary>
/// A call that names a tenant is made within it, where its key allows that. The first step of all, so that whatever is counted is counted
/// for the right tenant. In the pipeline where there are named keys or tenants; elsewhere a tenant is a label that anybody may set.
/// </summary>
internal sealed class TenantMiddleware(TenantTable tenants) : ICallMiddleware
{
    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
    {
        if (call.Tenant is not { } named || named == call.Caller.Tenant)
            return next(call);
        if (tenants.Refuse(call.Caller, named) is { } refused)
        {
            call.IsMadeBy(call.Caller, call.Caller.Tenant);
            return new(new FailedResponse(refused));
        }

        var caller = tenants.Within(call.Caller, named);
        call.IsMadeBy(caller, caller.Tenant);
        return next(call);
    }
}
