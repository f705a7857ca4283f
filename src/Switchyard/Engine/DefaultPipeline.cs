using Switchyard.Attempts;
using Switchyard.Calls;
using Switchyard.Egress;
using Switchyard.Pipeline;
using Switchyard.Routing;

namespace Switchyard.Engine;

/// <summary>The order in which a call passes the steps. <see cref="Build"/> is the whole of it.</summary>
/// <param name="routing">Leads from the model name to a route.</param>
/// <param name="attempts">Tries the route's deployments.</param>
/// <param name="upstream">Sends one attempt.</param>
/// <param name="host">The host's own steps.</param>
internal sealed class DefaultPipeline(RoutingMiddleware routing, AttemptLoop attempts, UpstreamClient upstream, HostStages host)
{
    /// <summary>
    /// Folds the steps for one configuration: those that always stand, and those whose section <paramref name="sections"/> holds. What is
    /// not configured is not there to be passed.
    /// </summary>
    public CallHandler Build(CallSections sections)
    {
        ArgumentNullException.ThrowIfNull(sections);
        var attempt = CallPipeline.Fold(host.At(StagePlace.Attempt), upstream.SendAsync);
        return CallPipeline.Fold(
            [
                .. host.At(StagePlace.Call),      // the host's own, first added outermost
                routing,                          // model name → route
                .. host.At(StagePlace.Routed),    // the host's own, knowing the route
                attempts,                         // one attempt after the other, until an answer is open
            ],
            attempt);                             // the host's own around each attempt, then the upstream
    }
}
