using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;

namespace Switchyard.Gateway.Ingress;

/// <summary>Answers a request whose handling ended with an exception, in the client's dialect. Thread-safe.</summary>
/// <param name="refusals">Answers requests that never become a call.</param>
/// <param name="logger">Logs faults of the gateway, and clients that did not read.</param>
internal sealed partial class RequestFailures(Refusals refusals, ILogger<RequestFailures> logger)
{
    /// <summary>Answers, unless the client cannot be reached any more. The disposal of its answer has ended the call already.</summary>
    /// <param name="http">The request.</param>
    /// <param name="thrown">The exception.</param>
    /// <param name="dialect">The dialect of the answer.</param>
    /// <param name="operation">What was requested.</param>
    /// <returns>False for an unexpected exception after the answer has begun; the server then has to close the connection.</returns>
    public async ValueTask<bool> TryAnswerAsync(HttpContext http, Exception thrown, IIngressDialect dialect, CallOperation operation)
    {
        switch (thrown)
        {
            case CallException refused:
                await refusals.WriteAsync(http, refused.Error, dialect);
                return true;
            case ClientStalledException stalled:
                LogStalled(http.Response.Headers[ResponseHeaders.RequestId].ToString(), stalled.Limit.TotalSeconds);
                return true;
            case OperationCanceledException or IOException when http.RequestAborted.IsCancellationRequested:
                // The client disconnected while its request was read or its answer written.
                return true;
            case var _ when http.Response.HasStarted:
                return false;
            default:
                var id = RequestIds.OfAnswer(http);
                LogFailed(thrown, id, operation);
                ResponseHeaders.Reset(http.Response);
                await IngressResponseWriter.WriteErrorAsync(http, id, CallError.Unexpected(thrown), dialect);
                return true;
        }
    }

    [LoggerMessage(1, LogLevel.Information, "Call {RequestId}: the client left its answer unread for {Seconds:0.#} s "
        + "(timeouts.write, timeouts.total); its connection was closed")]
    private partial void LogStalled(string requestId, double seconds);

    [LoggerMessage(2, LogLevel.Error, "Call {RequestId} ({Operation}) could not be answered")]
    private partial void LogFailed(Exception cause, string requestId, CallOperation operation);
}
