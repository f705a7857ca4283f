using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Switchyard.Calls;
using Switchyard.Common;
using Switchyard.Identity;

namespace Switchyard.Gateway.Security;

/// <summary>
/// Keeps foreign web pages from a gateway without client keys: a page in the owner's browser reaches <c>localhost</c>, and could spend the
/// owner's money or, under its own name that resolves to this machine, read answers.
/// </summary>
internal static class WebPageGuard
{
    /// <exception cref="CallException">The request is addressed to a foreign name, or made by a page that is not allowed.</exception>
    public static void Check(HttpContext http, CallSnapshot snapshot, bool alwaysActs = false)
    {
        if (Refuse(http, snapshot, alwaysActs) is { } error)
            throw new CallException(error);
    }

    /// <summary>The reason to refuse a request; null if there is no reason.</summary>
    /// <param name="http">The request.</param>
    /// <param name="snapshot">The configuration.</param>
    /// <param name="alwaysActs">
    /// Whether the request does more than read, even as a GET, which any page sends by showing an image.
    /// </param>
    public static CallError? Refuse(HttpContext http, CallSnapshot snapshot, bool alwaysActs = false)
    {
        var policy = snapshot.Section(WebPolicy.Section)!;
        var request = http.Request;
        var host = request.Headers.Host.ToString();
        if (host.Length > 0 && IsOnLoopback(http) && !policy.AllowsHost(host))
        {
            return Refused(
                $"This gateway has no client keys and does not answer to the host '{Sanitizer.Clean(HostOf(host))}', "
                    + "because a web page could use that name. "
                    + "Ask for 'localhost', or allow the name in server.allowed_hosts.",
                "host_not_allowed");
        }

        if (!alwaysActs && (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method)))
            return null;
        var origin = request.Headers.Origin.ToString();
        if (origin.Length > 0 ? policy.AllowsOrigin(origin) || IsOwn(origin, host) : !IsFromAnotherSite(request))
            return null;
        var page = origin.Length > 0 ? $"the origin '{Sanitizer.Clean(origin)}'" : "another site";
        return Refused(
            $"This gateway has no client keys and takes no requests from web pages of {page}. "
                + "Allow the origin in server.cors.origins, or set server.keys.",
            "origin_not_allowed");
    }

    /// <summary>Whether the connection came in over loopback, as a browser on this machine makes one.</summary>
    private static bool IsOnLoopback(HttpContext http) =>
        http.Features.Get<IHttpConnectionFeature>()?.LocalIpAddress is { } address && IPAddress.IsLoopback(address);

    /// <summary>Whether the page is of this same host, for example of a host that embeds the gateway.</summary>
    private static bool IsOwn(string origin, string host) =>
        origin.IndexOf("://", StringComparison.Ordinal) is > 0 and var scheme
        && origin.AsSpan(scheme + 3).Equals(host, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a browser marks the request as cross-site, even without an <c>Origin</c>. Other clients send neither.</summary>
    private static bool IsFromAnotherSite(HttpRequest request) =>
        request.Headers.TryGetValue("Sec-Fetch-Site", out var site)
        && string.Equals(site, "cross-site", StringComparison.OrdinalIgnoreCase);

    private static string HostOf(string host) => new HostString(host).Host;

    private static CallError Refused(string message, string code) => new(CallErrorKind.Forbidden, message) { Code = code };
}
