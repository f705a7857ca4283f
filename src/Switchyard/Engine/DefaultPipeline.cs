using Switchyard.Attempts;
using Switchyard.Egress;
using Switchyard.Pipeline;
using Switchyard.Routing;

namespace Switchyard.Engine;

/// <summary>The order in which every call passes the steps. This method is the whole of it.</summary>
internal static class DefaultPipeline
{
    public static CallPipeline Build(
        CompletionMiddleware completion,
        RoutingMiddleware routing,
        FallbackMiddleware fallback,
        IEnumerable<ICallMiddleware> added,
        UpstreamClient upstream) =>
        new(
            [
                completion,    // ends every call exactly once
                .. added,      // the host's own, first added outermost
                routing,       // model name → route
                fallback,      // the attempt loop, before commit
            ],
            upstream.SendAsync);
}
