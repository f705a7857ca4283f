using Switchyard.Calls;
using Switchyard.Pipeline;

namespace Switchyard.Telemetry;

/// <summary>The outermost step of every attempt: its count, its log line, and its span if there is a listener. Thread-safe.</summary>
internal sealed class AttemptStage(EngineMetrics metrics, CallSpans spans, AttemptLines log) : ICallMiddleware
{
    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
    {
        var attempt = call.Attempt!;
        metrics.Begin(call, attempt);
        log.Begun(call, attempt);
        return spans.IsHeard ? TracedAsync(call, attempt, next) : next(call);
    }

    // Asynchronous, so that the span is current for the steps below and not for the loop around it.
    private async ValueTask<CallResponse> TracedAsync(ModelCall call, Attempt attempt, CallHandler next)
    {
        spans.Begin(call, attempt);
        var response = await next(call).ConfigureAwait(false);
        CallSpans.Answered(attempt, response);
        return response;
    }
}
