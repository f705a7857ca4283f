using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Dialects;

namespace Switchyard.Gateway.Ingress;

/// <summary>
/// Answers a request that never becomes a call: one line in the log and one error, with the same request id. Of refusals that anyone can
/// cause in any number (wrong keys, unknown paths), at most 10 are logged in 10 s, and the others counted. Thread-safe.
/// </summary>
internal sealed partial class Refusals(TimeProvider time, ILogger<Refusals> logger)
{
    /// <summary>The most lines about such refusals in one <see cref="Window"/>.</summary>
    public const int LinesPerWindow = 10;

    /// <summary>The time after which counting starts again.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private long _windowStart = time.GetTimestamp();
    private int _lines;
    private int _leftOut;

    /// <param name="http">The request.</param>
    /// <param name="error">Why it is refused.</param>
    /// <param name="dialect">The dialect of the answer.</param>
    /// <param name="status">The status; null uses that of the error's kind.</param>
    public Task WriteAsync(HttpContext http, CallError error, IIngressDialect dialect, int? status = null)
    {
        Note(http, error);
        return IngressResponseWriter.WriteErrorAsync(http, RequestIds.Of(http), error, dialect, status);
    }

    /// <summary>Writes only the line in the log, for endpoints that answer in a form of their own.</summary>
    public void Note(HttpContext http, CallError error)
    {
        if (error.Kind != CallErrorKind.Canceled && logger.IsEnabled(LogLevel.Information) && MayLog(error))
        {
            var trace = RequestIds.TraceOf(http.Request) is { } known ? $" (trace {known.TraceId})" : "";
            var (method, path) = (HeaderText.Clean(http.Request.Method), HeaderText.Clean(http.Request.Path.Value ?? "/"));
            Log(RequestIds.Of(http), trace, method, path, error.Kind, LogText.Escape(error.Message));
        }
    }

    private bool MayLog(CallError error)
    {
        // A sender without a valid key, or for whom no key was checked.
        var isStranger = error.Kind is CallErrorKind.Unauthenticated or CallErrorKind.Forbidden
            || error.Code is "unknown_url" or "method_not_allowed";
        if (!isStranger)
            return true;
        var before = 0;
        lock (_gate)
        {
            if (time.GetElapsedTime(_windowStart) >= Window)
            {
                before = _leftOut;
                (_windowStart, _lines, _leftOut) = (time.GetTimestamp(), 0, 0);
            }

            if (_lines == LinesPerWindow)
            {
                _leftOut++;
                return false;
            }

            _lines++;
        }

        if (before > 0)
            LogLeftOut(before, (int)Window.TotalSeconds, LinesPerWindow);
        return true;
    }

    [LoggerMessage(1, LogLevel.Information, "Request {RequestId}{Trace} {Method} {Path} refused before it became a call: {Kind}: {Reason}")]
    private partial void Log(string requestId, string trace, string method, string path, CallErrorKind kind, string reason);

    [LoggerMessage(
        2, LogLevel.Information,
        "{Count} more requests without a valid key or path were refused; in {Seconds} s at most {Lines} of them are logged")]
    private partial void LogLeftOut(int count, int seconds, int lines);
}
