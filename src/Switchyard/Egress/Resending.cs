using Switchyard.Providers.Http;

namespace Switchyard.Egress;

/// <summary>
/// A request that met a connection which its server had just closed is sent again, at once and on a new connection: the server never
/// saw it, so this is not a retry. The exception is an upload that can no longer be written from its beginning.
/// </summary>
internal static class Resending
{
    /// <summary>Whether the request failed for that reason alone.</summary>
    public static bool IsDue(HttpRequestException failure, HttpRequestMessage request) =>
        StaleConnectionException.IsCauseOf(failure) && request.Content is not StreamedContent { CanWrite: false };

    /// <summary>Sends a request, again if that is due.</summary>
    public static async ValueTask<HttpResponseMessage> InvokeAsync(
        HttpEndpoint endpoint, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await endpoint.Invoker.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException e) when (IsDue(e, request))
        {
            // Sent again below.
        }

        return await SendAsync(endpoint, request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends it on a connection that has not been used.</summary>
    public static Task<HttpResponseMessage> SendAsync(
        HttpEndpoint endpoint, HttpRequestMessage request, CancellationToken cancellationToken) =>
        (endpoint.FreshInvoker ?? endpoint.Invoker).SendAsync(request, cancellationToken);
}
