using Switchyard.Calls;
using Switchyard.Pipeline;

namespace Switchyard.Telemetry;

/// <summary>The outermost step of every call: begins its span, if there is a listener. Thread-safe.</summary>
internal sealed class CallStage(CallSpans spans) : ICallMiddleware
{
    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next) => spans.IsHeard ? TracedAsync(call, next) : next(call);

    // Asynchronous, so that the span is current for the steps below and not for the caller.
    private async ValueTask<CallResponse> TracedAsync(ModelCall call, CallHandler next)
    {
        spans.Begin(call);
        return await next(call).ConfigureAwait(false);
    }
}
