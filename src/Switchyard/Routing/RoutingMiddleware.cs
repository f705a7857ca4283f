using Switchyard.Calls;
using Switchyard.Pipeline;
using Switchyard.Targets;

namespace Switchyard.Routing;

/// <summary>Leads from the model name to a route: an alias, <c>provider/model</c>, or a bare name that an enabled provider serves.</summary>
internal sealed class RoutingMiddleware : ICallMiddleware
{
    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
    {
        call.Route = call.Snapshot.Routes.Resolve(call.Envelope.Model, call.Envelope.Operation, out var error);
        return call.Route is null ? new(new FailedResponse(error!)) : next(call);
    }
}
