using Switchyard.Calls;
using Switchyard.Pipeline;
using Switchyard.Targets;

namespace Switchyard.Experiments;

/// <summary>
/// Assigns each call of an alias with an experiment to a variant, whose target is then tried first. It is in the pipeline only if the
/// configuration has an experiment. Thread-safe.
/// </summary>
/// <param name="outcomes">Counts the call to its variant, and lets its caller rate it.</param>
/// <param name="random">Assigns calls without a value for the unit.</param>
internal sealed class ExperimentMiddleware(ExperimentOutcomes outcomes, Random random) : ICallMiddleware
{
    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
    {
        if (FindVariant(call, random) is var (state, route))
        {
            call.Route = route;
            call.Experiment = state.Label;
            outcomes.Expect(call, state);
        }

        return next(call);
    }

    /// <summary>The variant that a call belongs to, and its route; null for none. Counts nothing.</summary>
    public static (VariantState State, Route Route)? FindVariant(ModelCall call, Random random) =>
        // A caller that may call only some of the alias's targets must not reach others through its variants.
        !call.Route!.IsNarrowed && call.Snapshot.Section(ExperimentPlan.Section)?.Find(call.Route.Alias) is { } experiment
        && experiment.Assign(call, random) is { } variant
        && experiment.RouteOf(variant, call) is { } route
            ? (experiment.State.Variants[variant], route)
            : null;
}
