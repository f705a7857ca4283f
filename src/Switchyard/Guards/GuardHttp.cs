using System.Net;
using Switchyard.Network;
using Switchyard.Providers.Http;

namespace Switchyard.Guards;

/// <summary>
/// Sends the guards' requests to services under the network policy, which checks the URL and the address that is connected to. Redirects
/// are not followed, and a service on this machine is reached without a proxy. Thread-safe.
/// </summary>
internal sealed class GuardHttp : IDisposable
{
    private static readonly HttpRequestOptionsKey<EgressGuard> s_policy = new("switchyard.guard");

    private readonly Lazy<ProviderProxy> _proxy;
    private readonly Lazy<HttpMessageInvoker> _http;

    /// <param name="proxy">The proxy for services; null uses the proxy of the environment.</param>
    public GuardHttp(IWebProxy? proxy = null)
    {
        _proxy = new(() => ProviderProxy.Of(configured: null, proxy)!);
        _http = new(() => new HttpMessageInvoker(new SocketsHttpHandler
        {
            Proxy = _proxy.Value,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
            ConnectCallback = ConnectAsync,
        }));
    }

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

    private ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (request, host) = (context.InitialRequestMessage, context.DnsEndPoint);
        // The proxy resolves the service's name, so no address can be checked here.
        return request.Options.TryGetValue(s_policy, out var policy) && !IsProxy(host, request.RequestUri!)
            ? policy.ConnectAsync(host, new(EgressActions.GuardCheck, request.RequestUri!), TimeProvider.System, cancellationToken)
            : HappyEyeballs.ConnectAsync(host, TimeProvider.System, cancellationToken);
    }

    private bool IsProxy(DnsEndPoint host, Uri service) =>
        _proxy.Value.GetProxy(service) is { } proxy && proxy.Port == host.Port
        && proxy.IdnHost.Equals(host.Host, StringComparison.OrdinalIgnoreCase);
}
