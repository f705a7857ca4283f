using Switchyard.Calls;
using Switchyard.Pipeline;
using Switchyard.Recorded;

namespace Switchyard.Recording;

/// <summary>
/// Decides whether a call is recorded, and under which name, before anything is sent. It is in the pipeline only if the configuration
/// records something. Thread-safe.
/// </summary>
internal sealed class RecordingMiddleware : ICallMiddleware
{
    public static readonly RecordingMiddleware Instance = new();

    public ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
    {
        var plan = call.Snapshot.Section(RecordingPlan.Section)!;
        var asked = CassetteNames.Read(call.Get(CallMarks.Record));
        if (asked is not null && !plan.ByRequest)
        {
            return new(new FailedResponse(new CallError(
                CallErrorKind.Forbidden,
                "Requests may not ask to be recorded here: leave the header out, or ask the operator to set recording.by_request.")
            {
                Param = AnswerFacts.Record,
            }));
        }

        call.Set(CallMarks.Record, asked ?? plan.NameOf(call.Route!.Alias));
        return next(call);
    }
}
