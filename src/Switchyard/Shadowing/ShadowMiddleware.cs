using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Experiments;
using Switchyard.Pipeline;

namespace Switchyard.Shadowing;

/// <summary>
/// Chooses calls of an alias with a shadow and, once their answer is open, starts a copy of each. The client's answer is neither delayed
/// nor changed. It is in the pipeline only if the configuration has a shadow. Thread-safe.
/// </summary>
/// <param name="runner">Runs the copies.</param>
/// <param name="attempts">The steps of a copy: only the attempts, without the host's steps around clients' calls.</param>
/// <param name="random">Chooses the calls.</param>
internal sealed class ShadowMiddleware(ShadowRunner runner, CallHandler attempts, Random random) : ICallMiddleware
{
    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next) =>
        // The requests of a caller that may call only some of the alias's targets must not be sent to others.
        !call.Route!.IsNarrowed && call.Snapshot.Section(ShadowPlan.Section)!.Find(call.Route.Alias) is { } shadow
        && shadow.Chooses(random)
            ? ShadowAsync(call, shadow, next)
            : next(call);

    private async ValueTask<CallResponse> ShadowAsync(ModelCall call, PlannedShadow shadow, CallHandler next)
    {
        var response = await next(call).ConfigureAwait(false);
        // A request that is itself invalid says nothing about the shadow. A provider's failure does: the shadow might have answered. A call
        // that continues a provider's state cannot run elsewhere, and a copy there would become part of the client's conversation.
        // A compacted conversation can be read only by the account that made it, so that a copy would be paid for without use.
        if (response.Error is null or { MayFallBack: true }
            && call.Envelope is { ContinuedId: null, Operation: not CallOperation.Compaction }
            && runner.TryBegin(call, shadow, attempts))
            ExperimentOutcomes.ExpectSide(call, shadow.State.Variants[0]);
        return response;
    }
}
