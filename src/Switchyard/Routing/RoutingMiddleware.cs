using Switchyard.Calls;
using Switchyard.Pipeline;

namespace Switchyard.Routing;

/// <summary>
/// Resolves the model name of a call to a route: an alias, <c>provider/model</c>, or a bare name that an enabled provider serves; or the
/// targets that the request names itself.
/// </summary>
internal sealed class RoutingMiddleware : ICallMiddleware
{
    public static readonly RoutingMiddleware Instance = new();

    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
    {
        if (call.Envelope.Provider is { } provider && call.Snapshot.Routes.ExplainProvider(provider, call.Envelope.Model) is { } refused)
            return new(new FailedResponse(refused));
        if (call.Targets is { } targets)
            return Follow(call, call.Snapshot.Routes.ResolveAmong(call.Envelope.Model, targets, call.Envelope.Operation), next);
        var found = call.Snapshot.Routes.ResolveAsync(call.Envelope.Model, call.Envelope.Operation, call.Aborted);
        return found.IsCompletedSuccessfully ? Follow(call, found.Result, next) : FollowAwaited(call, found, next);
    }

    private static ValueTask<CallResponse> Follow(ModelCall call, RouteResult found, CallHandler next)
    {
        call.Route = found.Route;
        return found.Error is { } error ? new(new FailedResponse(error)) : next(call);
    }

    private static async ValueTask<CallResponse> FollowAwaited(ModelCall call, ValueTask<RouteResult> found, CallHandler next) =>
        await Follow(call, await found.ConfigureAwait(false), next).ConfigureAwait(false);
}
