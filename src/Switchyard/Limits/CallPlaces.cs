using Switchyard.Calls;
using Switchyard.Pipeline;
using Switchyard.Targets;

namespace Switchyard.Limits;

/// <summary>
/// Limits the number of concurrent calls over all providers, with a bounded queue. A call that finds the queue full, or waits too long, is
/// refused with 503 before any work is done for it. Immutable except for its gate, which outlives reloads.
/// </summary>
internal sealed class CallPlaces(ConcurrencyGate gate, int limit, int queue, TimeSpan patience) : ICallMiddleware
{
    /// <summary>The section of the snapshot; absent if the number of calls is not limited.</summary>
    public static readonly SectionKey<CallPlaces> Section = new();

    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
    {
        if (!gate.TryEnter(limit))
            return WaitAsync(call, next);
        call.HoldPlace(gate);
        return next(call);
    }

    private async ValueTask<CallResponse> WaitAsync(ModelCall call, CallHandler next)
    {
        if (!await gate.EnterAsync(limit, queue, patience, call.Time, call.Ending).ConfigureAwait(false))
        {
            return new FailedResponse(new CallError(
                CallErrorKind.Overloaded,
                $"The gateway has no place for this request: {limit} run at once (routing.concurrency), and as many wait as may "
                + "(routing.queue), or the wait was too long (routing.queue_wait). Send it again later.")
            {
                Code = "concurrency_limit",
                RetryAfter = TimeSpan.FromSeconds(1),
            });
        }

        call.HoldPlace(gate);
        return await next(call).ConfigureAwait(false);
    }
}
