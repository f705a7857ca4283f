using System.Globalization;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;

namespace Switchyard.Gateway.Ingress.Bodies;

/// <summary>How large a request's body may be (<c>server.max_body</c>), and what every kind of body has in common.</summary>
/// <param name="Bytes">The most bytes.</param>
internal readonly record struct RequestBodyLimit(long Bytes)
{
    /// <summary>The limit, if the request's headers promise to keep it and its body comes as it is.</summary>
    public static RequestBodyLimit Check(HttpRequest request, long bytes)
    {
        if (request.Headers.ContentEncoding is { Count: > 0 } encoding && encoding != "identity")
            throw new CallException(CallErrorKind.UnsupportedMediaType, "Compressed request bodies are not read. Send the body as it is, without Content-Encoding.");
        var limit = new RequestBodyLimit(bytes);
        limit.Check(request.ContentLength ?? 0);
        return limit;
    }

    /// <summary>Refuses a body that has become larger.</summary>
    public void Check(long length)
    {
        if (length <= Bytes)
            return;
        throw new CallException(
            CallErrorKind.RequestTooLarge,
            string.Create(CultureInfo.InvariantCulture, $"The request's body is larger than {Bytes:N0} bytes (server.max_body)."));
    }

    /// <summary>The error of a body that ended in the middle.</summary>
    public static CallException BrokeOff(IOException cause) =>
        new(new CallError(CallErrorKind.InvalidRequest, "The request's body broke off or is not valid HTTP.") { Cause = cause });
}
