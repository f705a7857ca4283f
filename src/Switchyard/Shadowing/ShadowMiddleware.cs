using Switchyard.Calls;
using Switchyard.Experiments;
using Switchyard.Pipeline;

namespace Switchyard.Shadowing;

/// <summary>
/// Chooses calls of an alias with a shadow and, once their answer is open, begins a copy of each. What the client gets is neither waited
/// for nor touched. It is in the pipeline only where the configuration has a shadow. Thread-safe.
/// </summary>
/// <param name="runner">Runs the copies.</param>
/// <param name="attempts">The steps of a copy: the attempts alone, without what the host does around clients' calls.</param>
/// <param name="random">Chooses.</param>
internal sealed class ShadowMiddleware(ShadowRunner runner, CallHandler attempts, Random random) : ICallMiddleware
{
    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next) =>
        // A caller that may not call the alias, but some of its targets, is not to get its requests sent to others.
        !call.Route!.IsNarrowed && call.Snapshot.Section(ShadowPlan.Section)!.Find(call.Route.Alias) is { } shadow
        && shadow.Chooses(random)
            ? ShadowAsync(call, shadow, next)
            : next(call);

    private async ValueTask<CallResponse> ShadowAsync(ModelCall call, PlannedShadow shadow, CallHandler next)
    {
        var response = await next(call).ConfigureAwait(false);
        // A request that is itself at fault shows nothing of the shadow. A provider's failure does: its shadow might have answered.
        // What a provider keeps no other has, and a copy at the same one would go into the client's own conversation.
        if (response.Error is null or { IsRetryable: true } && call.Envelope.GoesOnFrom is null
            && runner.TryBegin(call, shadow, attempts))
            ExperimentOutcomes.ExpectSide(call, shadow.State.Variants[0]);
        return response;
    }
}
