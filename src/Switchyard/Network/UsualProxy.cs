using System.Net;

namespace Switchyard.Network;

/// <summary>
/// The environment's proxy for remote hosts. This machine is reached directly, whatever <c>NO_PROXY</c> says, because a proxy could not
/// reach it. Thread-safe.
/// </summary>
/// <param name="proxy">The proxy for remote hosts; null uses the environment's proxy.</param>
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
