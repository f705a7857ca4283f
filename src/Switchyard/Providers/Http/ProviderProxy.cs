using System.Net;
using Switchyard.Network;

namespace Switchyard.Providers.Http;

/// <summary>The proxy of a provider's requests: the configured one, else the environment's. Immutable and thread-safe.</summary>
internal sealed class ProviderProxy : IWebProxy
{
    /// <summary>The value of <c>proxy</c> that disables the environment's proxy.</summary>
    public const string None = "none";

    private readonly IWebProxy _inner;
    private readonly bool _isConfigured;

    private ProviderProxy(IWebProxy inner, bool isConfigured)
    {
        _inner = inner;
        _isConfigured = isConfigured;
    }

    public ICredentials? Credentials
    {
        get => _inner.Credentials;
        set => throw new NotSupportedException("A provider's proxy is not changed.");
    }

    /// <summary>The proxy of a provider; null if it is <c>none</c>.</summary>
    /// <param name="configured">The value of <c>proxy</c>; null for none.</param>
    /// <param name="usual">The proxy if none is configured; null uses the environment's.</param>
    public static ProviderProxy? Of(string? configured, IWebProxy? usual)
    {
        if (string.IsNullOrWhiteSpace(configured))
            return new(new UsualProxy(usual), isConfigured: false);
        if (configured.Trim() == None)
            return null;
        var address = new Uri(configured.Trim());
        var proxy = new WebProxy(address);
        if (address.UserInfo.Split(':', 2) is [{ Length: > 0 } user, .. var rest])
        {
            var password = rest is [var written] ? Uri.UnescapeDataString(written) : "";
            proxy.Credentials = new NetworkCredential(Uri.UnescapeDataString(user), password);
        }

        return new(proxy, isConfigured: true);
    }

    /// <summary>The proxy of an address; null if it is reached directly.</summary>
    public Uri? GetProxy(Uri destination) =>
        _inner.IsBypassed(destination) || _inner.GetProxy(destination) is not { } proxy || proxy == destination ? null : proxy;

    public bool IsBypassed(Uri host) => GetProxy(host) is null;

    /// <summary>The proxy of an address for display, without its password; null if none.</summary>
    public string? Describe(Uri destination) => GetProxy(destination) is { } proxy
        ? proxy.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped) + (_isConfigured ? "" : " (of the environment)")
        : null;
}
