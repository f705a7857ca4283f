using Microsoft.Extensions.Logging;
using Switchyard.Calls;

namespace Switchyard.Pipeline;

/// <summary>
/// The outermost step: turns what was thrown into a failed answer, and tells the sinks of every call's end exactly once, whichever way
/// it ended.
/// </summary>
internal sealed partial class CompletionMiddleware(IEnumerable<ICallSink> sinks, ILogger<CompletionMiddleware> logger) : ICallMiddleware
{
    private readonly ICallSink[] _sinks = [.. sinks];

    public async ValueTask<CallResponse> InvokeAsync(ModelCall call, CallHandler next)
    {
        CallResponse response;
        try
        {
            response = await next(call);
        }
        catch (CallException e)
        {
            response = new FailedResponse(e.Error);
        }
        catch (OperationCanceledException e) when (call.Aborted.IsCancellationRequested)
        {
            response = new FailedResponse(new CallError(CallErrorKind.Canceled, "The client went away.") { Cause = e });
        }
        catch (Exception e)
        {
            response = new FailedResponse(new CallError(CallErrorKind.Internal, "The gateway failed to handle the request.") { Cause = e });
        }

        response.OnEnded(ended => Complete(call, ended));
        return response;
    }

    private void Complete(ModelCall call, CallResponse response)
    {
        call.Snapshot.InFlight.Leave();
        var error = response.Error;
        var outcome = error is not null && error.Kind != CallErrorKind.Canceled ? CallOutcome.Failed
            : response.IsComplete ? CallOutcome.Finished
            : CallOutcome.Abandoned;
        if (outcome == CallOutcome.Failed)
            Log(call, error!);
        foreach (var sink in _sinks)
        {
            try
            {
                sink.OnCallEnded(call, outcome, error);
            }
            catch (Exception e)
            {
                LogSinkFailed(e, sink.GetType().Name, call.Id);
            }
        }
    }

    private void Log(ModelCall call, CallError error)
    {
        var level = CallErrorPolicy.Of(error.Kind).LogLevel;
        if (logger.IsEnabled(level))
            LogFailed(level, error.Cause, call.Id, call.Envelope.Model, error.Provider ?? "-", error.Kind, error.UpstreamStatus, call.AttemptCount, error.Message);
    }

    [LoggerMessage(EventId = 1, Message = "Call {RequestId} for {Model} failed at {Provider}: {Kind} (upstream status {UpstreamStatus}, {Attempts} attempts): {Reason}")]
    private partial void LogFailed(
        LogLevel level, Exception? cause, string requestId, string model, string provider, CallErrorKind kind, int? upstreamStatus, int attempts, string reason);

    [LoggerMessage(2, LogLevel.Error, "Sink {Sink} failed on call {RequestId}; the call itself was not affected")]
    private partial void LogSinkFailed(Exception e, string sink, string requestId);
}
