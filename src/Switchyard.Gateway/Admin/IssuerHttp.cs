using System.Net;

namespace Switchyard.Gateway.Admin;

/// <summary>
/// Sends requests to an issuer (<c>admin.oidc</c>). Redirects are not followed. An issuer on this machine is reached without a proxy,
/// because a proxy could not reach it. Thread-safe.
/// </summary>
/// <param name="proxy">The proxy for issuers on other machines; null uses that of the environment.</param>
internal sealed class IssuerHttp(IWebProxy? proxy = null) : IDisposable
{
    private readonly HttpMessageInvoker _here = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });
    private readonly HttpMessageInvoker _elsewhere = new(new SocketsHttpHandler { AllowAutoRedirect = false, Proxy = proxy });

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        (request.RequestUri!.IsLoopback ? _here : _elsewhere).SendAsync(request, cancellationToken);

    public void Dispose()
    {
        _here.Dispose();
        _elsewhere.Dispose();
    }
}
