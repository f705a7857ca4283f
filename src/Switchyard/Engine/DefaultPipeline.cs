using Switchyard.Attempts;
using Switchyard.Caching;
using Switchyard.Calls;
using Switchyard.Egress;
using Switchyard.Guards;
using Switchyard.Identity;
using Switchyard.Limits;
using Switchyard.Money;
using Switchyard.Naming;
using Switchyard.Pipeline;
using Switchyard.Plugins;
using Switchyard.Recording;
using Switchyard.Routing;
using Switchyard.Stored;
using Switchyard.Telemetry;

namespace Switchyard.Engine;

/// <summary>The order of the pipeline's steps; all of it is in <see cref="Build"/>.</summary>
/// <param name="attempts">Tries the route's deployments.</param>
/// <param name="upstream">Sends one attempt.</param>
/// <param name="caches">The kept answers.</param>
/// <param name="comparisons">The shared state of experiments and shadows.</param>
/// <param name="host">The host's middleware.</param>
/// <param name="naming">Gives answers the model name that the client requested.</param>
/// <param name="guards">Checks the texts of requests and answers.</param>
/// <param name="recall">Finds the owner of a continued answer that this process does not know.</param>
/// <param name="money">Reserve and record costs.</param>
/// <param name="telemetry">Count, trace and log.</param>
internal sealed class DefaultPipeline(
    AttemptLoop attempts,
    UpstreamClient upstream,
    Caches caches,
    Comparisons comparisons,
    HostStages host,
    NamingMiddleware naming,
    GuardMiddleware guards,
    OwnerRecall recall,
    MoneySteps money,
    TelemetrySteps telemetry)
{
    /// <summary>The step of guards, which also makes a plan of them.</summary>
    public GuardMiddleware Guards => guards;

    /// <summary>
    /// Builds the pipeline of one configuration: the steps that are always there, and those whose section is in
    /// <paramref name="sections"/>. A feature that is not configured is null here: it adds no step, so it costs nothing.
    /// </summary>
    public CallHandler Build(CallSections sections)
    {
        ArgumentNullException.ThrowIfNull(sections);
        var plan = sections.Find(MoneyPlan.Section);
        var reserve = plan is null ? null : money.Call;
        var attempt = CallPipeline.Fold(
            [
                telemetry.Attempt,                // a count and a log line; a span, if a listener is active
                plan is { HasBudgets: true } ? money.Attempt : null, // budgets of targets
                .. host.At(StagePlace.Attempt),   // UseAttempt
                .. PluginSet.At(sections, StagePlace.Attempt), // plugins: the same, of loaded plugins
            ],
            upstream.SendAsync);
        var tries = CallPipeline.Fold([reserve, attempts], attempt);
        var tenants = sections.Find(TenantTable.Section);
        // Keys without a name (server.keys) are owners too, but have no rules.
        var hasOwners = tenants is not null || sections.Has(CallerTable.Section);
        return CallPipeline.Fold(
            [
                tenants is null ? null : new TenantMiddleware(tenants), // sets the tenant
                telemetry.Call,                   // a span, if a listener is active
                sections.Find(ResponseMemory.Section), // responses.store
                tenants is null ? null : CallLimits.Instance, // keys, tenants: rate limits
                sections.Find(CallPlaces.Section), // routing.concurrency
                sections.Find(OwnedFiles.Section), // keys: own files, while the body is the client's
                .. host.At(StagePlace.Call),      // UseCall: the host's middleware, first added outermost
                .. PluginSet.At(sections, StagePlace.Call), // plugins: the same, of loaded plugins
                recall.IsOn ? recall : null,      // the owner of a continued answer
                RoutingMiddleware.Instance,       // model name → route
                hasOwners ? AccessMiddleware.Instance : null, // keys, tenants: permitted models, own answers
                sections.Has(RecordingPlan.Section) ? RecordingMiddleware.Instance : null, // recording
                .. comparisons.Experiment(sections), // the route begins with the call's variant
                .. caches.Steps(sections),        // a kept answer, or the answer of an equal call that is running
                sections.Has(AnswerNames.Section) ? naming : null, // answer_model: requested
                sections.Has(GuardPlan.Section) ? guards : null, // guards: masked, refused, checked
                reserve,                          // its possible cost, and its begin: budgets, the ledger
                .. caches.Drain(sections),        // read to its end after the client left; behind the budget, which may change the route
                .. comparisons.Shadow(sections, tries), // a share of the calls is copied to a shadow
                .. host.At(StagePlace.Routed),    // UseRouted: the host's middleware that needs the route
                .. PluginSet.At(sections, StagePlace.Routed), // plugins: the same
                attempts,                         // one attempt after the other, until an answer is open
            ],
            attempt);
    }

    /// <summary>
    /// The steps of a request about something that a provider stores: those without a model. It is built for each such request,
    /// because these are rare.
    /// </summary>
    public CallHandler BuildStored(CallSnapshot snapshot, CallHandler send)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var tenants = snapshot.Section(TenantTable.Section);
        return CallPipeline.Fold(
            [
                tenants is null ? null : new TenantMiddleware(tenants),
                telemetry.Call,
                tenants is null ? null : CallLimits.Instance,
                snapshot.Section(CallPlaces.Section),
            ],
            send);
    }
}
