using Switchyard.Attempts;
using Switchyard.Caching;
using Switchyard.Calls;
using Switchyard.Egress;
using Switchyard.Guards;
using Switchyard.Identity;
using Switchyard.Limits;
using Switchyard.Money;
using Switchyard.Pipeline;
using Switchyard.Plugins;
using Switchyard.Recording;
using Switchyard.Routing;
using Switchyard.Stored;
using Switchyard.Telemetry;

namespace Switchyard.Engine;

/// <summary>The order of the pipeline's steps; all of it is in <see cref="Build"/>.</summary>
/// <param name="routing">Resolves the model name to a route.</param>
/// <param name="attempts">Tries the route's deployments.</param>
/// <param name="upstream">Sends one attempt.</param>
/// <param name="caches">What is kept of answers.</param>
/// <param name="comparisons">What experiments and shadows share.</param>
/// <param name="host">The host's middleware.</param>
/// <param name="guards">Looks at the texts of requests and answers.</param>
/// <param name="money">Reserves what a call may cost, and writes it down.</param>
/// <param name="targetBudgets">Holds what an attempt may cost.</param>
/// <param name="callTelemetry">The span of a call.</param>
/// <param name="attemptTelemetry">The count, the span and the line of an attempt.</param>
internal sealed class DefaultPipeline(
    RoutingMiddleware routing,
    AttemptLoop attempts,
    UpstreamClient upstream,
    Caches caches,
    Comparisons comparisons,
    HostStages host,
    GuardMiddleware guards,
    MoneyStage money,
    TargetBudgetStage targetBudgets,
    CallStage callTelemetry,
    AttemptStage attemptTelemetry)
{
    /// <summary>The step of guards, which knows how a plan of them is made.</summary>
    public GuardMiddleware Guards => guards;

    /// <summary>
    /// Builds the pipeline of one configuration: the steps that are always there, and those whose section is in
    /// <paramref name="sections"/>. A feature that is not configured adds no step, so it costs nothing.
    /// </summary>
    public CallHandler Build(CallSections sections)
    {
        ArgumentNullException.ThrowIfNull(sections);
        var plan = sections.Find(MoneyPlan.Section);
        ICallMiddleware[] reserve = plan is null ? [] : [money];
        ICallMiddleware[] targets = plan is { HasBudgets: true } ? [targetBudgets] : [];
        var attempt = CallPipeline.Fold(
            [attemptTelemetry, .. targets, .. host.At(StagePlace.Attempt), .. PluginSet.At(sections, StagePlace.Attempt)],
            upstream.SendAsync);
        var places = sections.Find(CallPlaces.Section);
        var tries = CallPipeline.Fold([.. reserve, attempts], attempt);
        var tenants = sections.Find(TenantTable.Section);
        return CallPipeline.Fold(
            [
                .. tenants is null ? [] : new ICallMiddleware[] { new TenantMiddleware(tenants) }, // made within a tenant
                callTelemetry,                    // a span, where somebody listens
                .. sections.Find(ResponseMemory.Section) is { } memory ? new ICallMiddleware[] { memory } : [], // responses.store
                .. tenants is null ? [] : new ICallMiddleware[] { CallLimits.Instance }, // keys, tenants: how much they may ask for
                .. places is null ? [] : new ICallMiddleware[] { places }, // routing.concurrency
                .. host.At(StagePlace.Call),      // UseCall: the host's middleware, first added outermost
                .. PluginSet.At(sections, StagePlace.Call), // plugins: the same, of those that are loaded
                routing,                          // model name → route
                .. tenants is null ? [] : new ICallMiddleware[] { AccessMiddleware.Instance }, // keys, tenants: what they may call
                .. sections.Find(RecordingPlan.Section) is null ? [] : new ICallMiddleware[] { RecordingMiddleware.Instance }, // recording
                .. comparisons.Experiment(sections),     // the route begins with the call's variant
                .. caches.Steps(sections),        // an answer that is kept, or that another call is getting
                .. sections.Find(GuardPlan.Section) is null ? [] : new ICallMiddleware[] { guards }, // guards: masked, refused, checked
                .. reserve,                       // what it may cost, and that it begins: budgets, the ledger
                .. caches.Drain(sections),        // read to its end for nobody; behind the budget, which may change the route
                .. comparisons.Shadow(sections, tries),  // a share of the calls is copied to a shadow
                .. host.At(StagePlace.Routed),    // UseRouted: the host's middleware that needs the route
                .. PluginSet.At(sections, StagePlace.Routed), // plugins: the same
                attempts,                         // one attempt after the other, until an answer is open
            ],
            attempt);                             // counted and traced, UseAttempt around each attempt, then the upstream
    }

    /// <summary>
    /// The steps of a request about something that a provider keeps: those that know nothing of models. It is made for each such request,
    /// of which there are few.
    /// </summary>
    public CallHandler BuildStored(CallSnapshot snapshot, CallHandler send)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var tenants = snapshot.Section(TenantTable.Section);
        var places = snapshot.Section(CallPlaces.Section);
        return CallPipeline.Fold(
            [
                .. tenants is null ? [] : new ICallMiddleware[] { new TenantMiddleware(tenants) },
                callTelemetry,
                .. tenants is null ? [] : new ICallMiddleware[] { CallLimits.Instance },
                .. places is null ? [] : new ICallMiddleware[] { places },
            ],
            send);
    }
}
