using System.Globalization;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using ZstdSharp;

namespace Switchyard.Gateway.Ingress.Bodies;

/// <summary>Maps an exception that was thrown while a request's body was read to an error.</summary>
internal static class BodyFault
{
    /// <summary>The error for an exception; null if the client disconnected, or the exception is not the client's fault.</summary>
    public static CallException? Of(Exception exception, HttpContext http)
    {
        if (exception is CallException || http.RequestAborted.IsCancellationRequested)
            return null;
        // Also where RequestAborted is not cancelled yet: the server does that on another thread.
        if (exception is ConnectionResetException or ConnectionAbortedException)
        {
            // The client cannot be answered. Without this the server would try to drain the body, and log an error because it cannot.
            http.Abort();
            return Error(CallErrorKind.Canceled, "The client went away.", exception);
        }

        return exception switch
        {
            BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => Error(
                CallErrorKind.RequestTooLarge, "The request's body is larger than the server takes (its MaxRequestBodySize).", exception),
            BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout } => Error(
                CallErrorKind.RequestTimeout, "The request's body came too slowly, or stopped before its end.", exception),
            // Thrown by the decoders of gzip, br and zstd.
            InvalidDataException or InvalidOperationException or ZstdException or EndOfStreamException => Error(
                CallErrorKind.InvalidRequest,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The request's body is not valid {HeaderText.Clean(http.Request.Headers.ContentEncoding.ToString())}, "
                        + $"as its Content-Encoding says."),
                exception),
            IOException => Error(CallErrorKind.InvalidRequest, "The request's body broke off or is not valid HTTP.", exception),
            _ => null,
        };
    }

    private static CallException Error(CallErrorKind kind, string message, Exception cause) =>
        new(new CallError(kind, message) { Cause = cause });
}
