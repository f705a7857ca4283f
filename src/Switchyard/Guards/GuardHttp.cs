using System.Net;
using Switchyard.Network;

namespace Switchyard.Guards;

/// <summary>
/// Sends what guards ask services, as the network policy allows: it is asked for the URL, and for the address that is connected to.
/// Redirects are not followed. Thread-safe.
/// </summary>
/// <param name="handler">What sends; null makes the usual.</param>
internal sealed class GuardHttp(HttpMessageHandler? handler = null) : IDisposable
{
    private static readonly HttpRequestOptionsKey<EgressGuard> s_policy = new("switchyard.guard");

    private readonly Lazy<HttpMessageInvoker> _http = new(() => new HttpMessageInvoker(handler ?? new SocketsHttpHandler
    {
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionLifetime = TimeSpan.FromMinutes(1),
        ConnectCallback = ConnectAsync,
    }));

    /// <summary>Sends a request.</summary>
    /// <exception cref="EgressBlockedException">The policy does not allow it.</exception>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, EgressGuard? policy, CancellationToken cancellationToken)
    {
        if (policy is not null)
        {
            if (policy.Decide(new(EgressActions.GuardCheck, request.RequestUri!)) is { IsBlocked: true } blocked)
                throw new EgressBlockedException(blocked);
            request.Options.Set(s_policy, policy);
        }

        return _http.Value.SendAsync(request, cancellationToken);
    }

    public void Dispose()
    {
        if (_http.IsValueCreated)
            _http.Value.Dispose();
    }

    private static ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken) =>
        context.InitialRequestMessage.Options.TryGetValue(s_policy, out var policy)
            ? policy.ConnectAsync(
                context.DnsEndPoint,
                new(EgressActions.GuardCheck, context.InitialRequestMessage.RequestUri!),
                TimeProvider.System,
                cancellationToken)
            : HappyEyeballs.ConnectAsync(context.DnsEndPoint, TimeProvider.System, cancellationToken);
}
