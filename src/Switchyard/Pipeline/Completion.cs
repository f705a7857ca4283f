using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Calls;

namespace Switchyard.Pipeline;

/// <summary>
/// Begins and ends every call. An exception of a step becomes a failed answer; the end of each attempt is reported once to every observer,
/// and the end of each call once to every sink. Their exceptions are logged and affect neither the call nor each other.
/// </summary>
internal sealed partial class Completion(
    IEnumerable<ICallSink> sinks,
    IEnumerable<IAttemptObserver> observers,
    ILogger<Completion>? logger = null,
    IEnumerable<ICallEndObserver>? endObservers = null) : ICallObserver
{
    private readonly ICallSink[] _sinks = [.. sinks];
    private readonly IAttemptObserver[] _observers = [.. observers];
    private readonly ICallEndObserver[] _endObservers = [.. endObservers ?? []];
    private readonly ILogger _logger = logger ?? NullLogger<Completion>.Instance;
    private readonly CallLog _log = new(logger ?? NullLogger<Completion>.Instance);

    /// <summary>Runs a call through its pipeline; never throws. Disposing the answer ends the call.</summary>
    public static ValueTask<CallResponse> RunAsync(ModelCall call) => RunAsync(call, call.Snapshot.Pipeline);

    /// <summary>Runs a call through the steps given; never throws. Disposing the answer ends the call.</summary>
    // The async state machine is pooled, which saves 180 bytes a call.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<CallResponse> RunAsync(ModelCall call, CallHandler steps)
    {
        CallResponse response;
        call.Begin();
        try
        {
            response = await steps(call).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            response = Failure(call, e);
        }

        if (response.Error is not null && call.EndedWith is { } ended)
            response = await EndedAsync(response, ended).ConfigureAwait(false);
        return response.EndsCall(call);
    }

    /// <summary>The failed answer of a call that was ended from outside, however the call noticed it.</summary>
    private static async ValueTask<CallResponse> EndedAsync(CallResponse failed, CallError ended)
    {
        await failed.DisposeAsync().ConfigureAwait(false);
        return new FailedResponse(ended with { Provider = failed.Error!.Provider, Attempts = failed.Error.Attempts });
    }

    /// <summary>The failed answer of a call whose step has thrown.</summary>
    public static FailedResponse Failure(ModelCall call, Exception thrown) => new(thrown switch
    {
        CallException known => call.Snapshot.Secrets.Redact(known.Error),
        OperationCanceledException when call.Aborted.IsCancellationRequested => CallError.ClientLeft(thrown),
        _ => CallError.Unexpected(thrown),
    });

    public void OnAttemptEnded(ModelCall call, Attempt attempt)
    {
        foreach (var observer in _observers)
        {
            try
            {
                observer.OnAttemptEnded(call, attempt);
            }
            catch (Exception e)
            {
                LogObserverFailed(e, observer.GetType().Name, call.Id);
            }
        }
    }

    public void OnCallEnded(ModelCall call, CallResponse response)
    {
        var (error, outcome) = (response.Error, OutcomeOf(response));
        foreach (var observer in _endObservers)
        {
            try
            {
                observer.OnCallEnded(call, response, outcome);
            }
            catch (Exception e)
            {
                LogObserverFailed(e, observer.GetType().Name, call.Id);
            }
        }

        // Without a sink no record is allocated.
        if (_sinks.Length > 0)
            Notify(new CallRecord(call, outcome, error));
        _log.Ended(call, response, outcome);
    }

    /// <summary>How a call with this answer has ended.</summary>
    public static CallOutcome OutcomeOf(CallResponse response) =>
        response.Error is { } error && error.Kind != CallErrorKind.Canceled ? CallOutcome.Failed
        : response.IsComplete ? CallOutcome.Finished
        : CallOutcome.Abandoned;

    private void Notify(CallRecord record)
    {
        foreach (var sink in _sinks)
        {
            try
            {
                sink.OnCallEnded(record);
            }
            catch (Exception e)
            {
                LogObserverFailed(e, sink.GetType().Name, record.Id);
            }
        }
    }

    [LoggerMessage(2, LogLevel.Error, "{Observer} failed on call {RequestId}; the call itself was not affected")]
    private partial void LogObserverFailed(Exception e, string observer, string requestId);
}
