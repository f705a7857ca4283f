using System.Net;

namespace Switchyard.Network;

/// <summary>
/// The proxy of the environment for what is elsewhere. What is on this machine is reached without one, which could not reach it, whatever
/// <c>NO_PROXY</c> says. Thread-safe.
/// </summary>
/// <param name="proxy">The proxy of what is elsewhere; null takes that of the environment.</param>
internal sealed class UsualProxy(IWebProxy? proxy = null) : IWebProxy
{
#pragma warning disable RS0030 // No client: the class only has the property that reads the environment.
    private readonly IWebProxy _elsewhere = proxy ?? HttpClient.DefaultProxy;
#pragma warning restore RS0030

    public ICredentials? Credentials
    {
        get => _elsewhere.Credentials;
        set => _elsewhere.Credentials = value;
    }

    public Uri? GetProxy(Uri destination) => destination.IsLoopback ? null : _elsewhere.GetProxy(destination);

    public bool IsBypassed(Uri host) => host.IsLoopback || _elsewhere.IsBypassed(host);
}
