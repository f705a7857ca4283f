using Switchyard.Calls;
using Switchyard.Pipeline;

namespace Switchyard.Routing;

/// <summary>
/// Resolves the model name of a call to a route: an alias, <c>provider/model</c>, or a bare name that an enabled provider serves.
/// </summary>
internal sealed class RoutingMiddleware : ICallMiddleware
{
    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
    {
        var found = call.Snapshot.Routes.Resolve(call.Envelope.Model, call.Envelope.Operation);
        call.Route = found.Route;
        return found.Error is { } error ? new(new FailedResponse(error)) : next(call);
    }
}
