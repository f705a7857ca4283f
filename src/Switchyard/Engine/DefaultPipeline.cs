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
/// <param name="routing">Resolves the model name to a route.</param>
/// <param name="attempts">Tries the route's deployments.</param>
/// <param name="upstream">Sends one attempt.</param>
/// <param name="caches">The kept answers.</param>
/// <param name="comparisons">The shared state of experiments and shadows.</param>
/// <param name="host">The host's middleware.</param>
/// <param name="naming">Gives answers the model name that the client requested.</param>
/// <param name="guards">Checks the texts of requests and answers.</param>
/// <param name="money">Reserves the possible cost of a call, and records it.</param>
/// <param name="recall">Finds the owner of a continued answer that this process does not know.</param>
/// <param name="targetBudgets">Reserves the possible cost of an attempt.</param>
/// <param name="callTelemetry">The span of a call.</param>
/// <param name="attemptTelemetry">The count, the span and the log line of an attempt.</param>
internal sealed class DefaultPipeline(
    RoutingMiddleware routing,
    AttemptLoop attempts,
    UpstreamClient upstream,
    Caches caches,
    Comparisons comparisons,
    HostStages host,
    NamingMiddleware naming,
    GuardMiddleware guards,
    MoneyStage money,
    OwnerRecall recall,
    TargetBudgetStage targetBudgets,
    CallStage callTelemetry,
    AttemptStage attemptTelemetry)
{
    /// <summary>The step of guards, which also makes a plan of them.</summary>
    public GuardMiddleware Guards => guards;

    /// <summary>
    /// Builds the pipeline of one configuration: the steps that are always there, and those whose section is in
    /// <paramref name="sections"/>. A feature that is not configured adds no step, so it costs nothing.
    /// </summary>
    public CallHandler Build(CallSections sections)
    {
        ArgumentNullException.ThrowIfNull(sections);
        var plan = sections.Find(MoneyPlan.Section);
        var reserve = Optional(plan is null ? null : money);
        var targets = Optional(plan is { HasBudgets: true } ? targetBudgets : null);
        var attempt = CallPipeline.Fold(
            [attemptTelemetry, .. targets, .. host.At(StagePlace.Attempt), .. PluginSet.At(sections, StagePlace.Attempt)],
            upstream.SendAsync);
        var places = sections.Find(CallPlaces.Section);
        var tries = CallPipeline.Fold([.. reserve, attempts], attempt);
        var tenants = sections.Find(TenantTable.Section);
        // Keys without a name (server.keys) are owners too, but have no rules.
        var hasOwners = tenants is not null || sections.Find(CallerTable.Section) is not null;
        return CallPipeline.Fold(
            [
                .. Optional(tenants is null ? null : new TenantMiddleware(tenants)), // sets the tenant
                callTelemetry,                    // a span, if a listener is active
                .. Optional(sections.Find(ResponseMemory.Section)), // responses.store
                .. Optional(tenants is null ? null : CallLimits.Instance), // keys, tenants: rate limits
                .. Optional(places),              // routing.concurrency
                .. Optional(sections.Find(OwnedFiles.Section)), // keys: own files, while the body is the client's
                .. host.At(StagePlace.Call),      // UseCall: the host's middleware, first added outermost
                .. PluginSet.At(sections, StagePlace.Call), // plugins: the same, of loaded plugins
                .. Optional(recall.IsOn ? recall : null), // the owner of a continued answer
                routing,                          // model name → route
                .. Optional(hasOwners ? AccessMiddleware.Instance : null), // keys, tenants: permitted models, own answers
                .. Optional(sections.Find(RecordingPlan.Section) is null ? null : RecordingMiddleware.Instance), // recording
                .. comparisons.Experiment(sections),     // the route begins with the call's variant
                .. caches.Steps(sections),        // a kept answer, or one that another call is getting
                .. Optional(sections.Find(AnswerNames.Section) is null ? null : naming), // answer_model: requested
                .. Optional(sections.Find(GuardPlan.Section) is null ? null : guards), // guards: masked, refused, checked
                .. reserve,                       // its possible cost, and its begin: budgets, the ledger
                .. caches.Drain(sections),        // read to its end after the client left; behind the budget, which may change the route
                .. comparisons.Shadow(sections, tries),  // a share of the calls is copied to a shadow
                .. host.At(StagePlace.Routed),    // UseRouted: the host's middleware that needs the route
                .. PluginSet.At(sections, StagePlace.Routed), // plugins: the same
                attempts,                         // one attempt after the other, until an answer is open
            ],
            attempt);                             // counted and traced, UseAttempt around each attempt, then the upstream
    }

    /// <summary>
    /// The steps of a request about something that a provider stores: those without a model. It is built for each such request,
    /// because these are rare.
    /// </summary>
    public CallHandler BuildStored(CallSnapshot snapshot, CallHandler send)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var tenants = snapshot.Section(TenantTable.Section);
        var places = snapshot.Section(CallPlaces.Section);
        return CallPipeline.Fold(
            [
                .. Optional(tenants is null ? null : new TenantMiddleware(tenants)),
                callTelemetry,
                .. Optional(tenants is null ? null : CallLimits.Instance),
                .. Optional(places),
            ],
            send);
    }

    private static ICallMiddleware[] Optional(ICallMiddleware? step) => step is null ? [] : [step];
}
