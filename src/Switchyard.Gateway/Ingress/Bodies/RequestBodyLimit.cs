using System.Globalization;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;

namespace Switchyard.Gateway.Ingress.Bodies;

/// <summary>The largest request body (<c>server.max_body</c>), and the checks that JSON bodies and forms share.</summary>
/// <param name="Bytes">The largest number of bytes.</param>
internal readonly record struct RequestBodyLimit(long Bytes)
{
    /// <summary>Checks <c>Content-Encoding</c> and <c>Content-Length</c>, and returns the limit.</summary>
    public static RequestBodyLimit Check(HttpRequest request, long bytes)
    {
        if (request.Headers.ContentEncoding is { Count: > 0 } encoding && encoding != "identity")
        {
            throw new CallException(
                CallErrorKind.UnsupportedMediaType,
                "Compressed request bodies are not read. Send the body as it is, without Content-Encoding.");
        }

        var limit = new RequestBodyLimit(bytes);
        limit.Check(request.ContentLength ?? 0);
        return limit;
    }

    /// <summary>Rejects a body of more bytes than the limit.</summary>
    public void Check(long length)
    {
        if (length <= Bytes)
            return;
        throw new CallException(
            CallErrorKind.RequestTooLarge,
            string.Create(CultureInfo.InvariantCulture, $"The request's body is larger than {Bytes:N0} bytes (server.max_body)."));
    }

    /// <summary>The error of a body that ended early.</summary>
    public static CallException BrokeOff(IOException cause) =>
        new(new CallError(CallErrorKind.InvalidRequest, "The request's body broke off or is not valid HTTP.") { Cause = cause });
}
