using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Dialects;

namespace Switchyard.Gateway.Ingress;

/// <summary>
/// Answers a request that never becomes a call: one line in the log and one error, with the same request id. Thread-safe.
/// </summary>
internal sealed partial class Refusals(ILogger<Refusals> logger)
{
    /// <param name="http">The request.</param>
    /// <param name="error">Why it is refused.</param>
    /// <param name="dialect">The dialect of the answer.</param>
    /// <param name="status">The status, where it is not the one of the error's kind.</param>
    public Task WriteAsync(HttpContext http, CallError error, IIngressDialect dialect, int? status = null)
    {
        if (error.Kind != CallErrorKind.Canceled && logger.IsEnabled(LogLevel.Information))
        {
            var trace = RequestIds.TraceOf(http.Request) is { } id ? $" (trace {id})" : "";
            Log(RequestIds.Of(http), trace, HeaderText.Clean(http.Request.Method), PathOf(http.Request), error.Kind, error.Message);
        }

        return IngressResponseWriter.WriteErrorAsync(http, RequestIds.Of(http), error, dialect, status);
    }

    private static string PathOf(HttpRequest request) => HeaderText.Clean(request.Path.Value ?? "/");

    [LoggerMessage(1, LogLevel.Information, "Request {RequestId}{Trace} {Method} {Path} refused before it became a call: {Kind}: {Reason}")]
    private partial void Log(string requestId, string trace, string method, string path, CallErrorKind kind, string reason);
}
