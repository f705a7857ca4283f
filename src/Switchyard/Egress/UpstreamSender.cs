using System.Runtime.CompilerServices;
using Switchyard.Providers.Http;

namespace Switchyard.Egress;

/// <summary>
/// Sends a request. One that met a connection which its server had just closed is sent once more, at once and on a new connection: the
/// server never saw it, so this is no retry. Only an upload that can no longer be written from its beginning is not.
/// </summary>
internal static class UpstreamSender
{
    // The async state machine is pooled, as that of the attempt.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<HttpResponseMessage> SendAsync(
        HttpEndpoint endpoint, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await endpoint.Invoker.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException e) when (
            StaleConnectionException.IsCauseOf(e) && request.Content is not StreamedContent { CanWrite: false })
        {
            // Sent again below.
        }

        return await (endpoint.FreshInvoker ?? endpoint.Invoker).SendAsync(request, cancellationToken).ConfigureAwait(false);
    }
}
