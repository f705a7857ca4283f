using Switchyard.Calls;
using Switchyard.Pipeline;

namespace Switchyard.Telemetry;

/// <summary>Ends what the stages began: counts, spans, log lines. Thread-safe.</summary>
internal sealed class TelemetryObserver(EngineMetrics metrics, AttemptLines log) : IAttemptObserver, ICallEndObserver
{
    public void OnAttemptEnded(ModelCall call, Attempt attempt)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(attempt);
        metrics.End(call, attempt);
        CallSpans.End(attempt);
        log.Ended(call, attempt);
    }

    public void OnCallEnded(ModelCall call, CallResponse response, CallOutcome outcome)
    {
        metrics.End(call, outcome);
        CallSpans.End(call, response, outcome);
    }
}
