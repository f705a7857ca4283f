using System.Globalization;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;

namespace Switchyard.Gateway.Ingress.Bodies;

/// <summary>The largest request body (<c>server.max_body</c>), after decoding: for JSON bodies and forms.</summary>
/// <param name="Bytes">The largest number of bytes.</param>
internal readonly record struct RequestBodyLimit(long Bytes)
{
    /// <summary>Checks <c>Content-Length</c>, and returns the limit.</summary>
    public static RequestBodyLimit Check(HttpRequest request, long bytes)
    {
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
}
