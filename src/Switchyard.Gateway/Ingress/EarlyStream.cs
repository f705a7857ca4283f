using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Dialects;

namespace Switchyard.Gateway.Ingress;

/// <summary>
/// Begins a streamed answer before the target has answered (<c>server.heartbeat</c>): it sends headers and heartbeats, so that a proxy in
/// between does not time out. They do not commit the call: another target may still be tried.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class EarlyStream(TimeProvider time)
{
    /// <summary>Waits for the answer, and writes a heartbeat each interval until it is open.</summary>
    /// <param name="http">The request.</param>
    /// <param name="opening">The answer that is being opened.</param>
    /// <param name="interval">The time between two heartbeats.</param>
    /// <param name="dialect">The client's dialect.</param>
    /// <param name="context">The facts of the answer that are known already.</param>
    public async Task<CallResponse> AwaitAsync(
        HttpContext http, Task<CallResponse> opening, TimeSpan interval, IIngressDialect dialect, AnswerContext context)
    {
        using var timer = new PeriodicTimer(interval, time);
        var beat = dialect.HeartbeatFor(context);
        while (true)
        {
            // The last tick is not awaited; it ends with the timer.
            var tick = timer.WaitForNextTickAsync().AsTask();
            if (await Task.WhenAny(opening, tick) == opening)
                return await opening;
            try
            {
                if (!http.Response.HasStarted)
                    Begin(http.Response, dialect, context);
                await http.Response.BodyWriter.WriteAsync(beat, http.RequestAborted);
                await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException)
            {
                // The client left. The call notices it by itself, and its answer has still to be disposed.
                return await opening;
            }
        }
    }

    private static void Begin(HttpResponse response, IIngressDialect dialect, AnswerContext context)
    {
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = dialect.StreamContentTypeFor(context);
        ResponseHeaders.WriteId(response.Headers, context.RequestId, dialect);
        ResponseHeaders.WriteStreaming(response.Headers);
    }
}
