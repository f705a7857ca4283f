using System.Net.Http.Headers;
using Switchyard.Calls;
using Switchyard.Egress.Exchange;
using Switchyard.Providers.Http;
using Switchyard.Recorded;

namespace Switchyard.Recording;

/// <summary>Selects the recorded parts of a request's and an answer's head: no credentials, and no headers of the connection.</summary>
internal static class RecordedParts
{
    // Parts of names, between dashes: x-api-key, set-cookie, openai-organization.
    private static readonly HashSet<string> s_credentials = new(StringComparer.OrdinalIgnoreCase)
    {
        "authorization", "authenticate", "authentication", "auth", "cookie", "cookie2", "key", "apikey", "token", "secret", "password",
        "credential", "credentials", "signature", "session", "organization", "project", "account", "sig", "code",
    };

    private static readonly HashSet<string> s_connection = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Transfer-Encoding", "Content-Length", "Content-Encoding", "Trailer", "Upgrade", "Date", "Via",
        "Alt-Svc", "Server", "Host", TraceContext.ParentHeader, TraceContext.StateHeader, Hop.Header,
    };

    public static RecordedRequest RequestOf(
        UpstreamExchange exchange, HttpEndpoint endpoint, HttpRequestMessage request, ReadOnlyMemory<byte>? body)
    {
        var own = exchange.Credential.Headers;
        var headers = HeadersOf(request.Headers.NonValidated);
        headers.RemoveAll(header => own.Any(sent => sent.Key.Equals(header.Key, StringComparison.OrdinalIgnoreCase)));
        if (request.Content is { } content)
            headers.AddRange(HeadersOf(content.Headers.NonValidated));
        var url = exchange.Url;
        return new RecordedRequest
        {
            Method = request.Method.Method,
            Path = PathOf(url, endpoint.BaseUrls.GetValueOrDefault(exchange.Dialect.Id.Value) ?? endpoint.BaseUrl),
            Query = QueryOf(url),
            Headers = headers,
            Body = body,
        };
    }

    public static List<KeyValuePair<string, string>> HeadersOf(HttpHeadersNonValidated headers)
    {
        List<KeyValuePair<string, string>> kept = [];
        foreach (var (name, values) in headers)
        {
            if (!s_connection.Contains(name) && !IsCredential(name))
                kept.Add(new(name.ToLowerInvariant(), values.ToString()));
        }

        return kept;
    }

    /// <summary>The path below the base URL, so that a recording contains no machine's address and can be replayed at any.</summary>
    private static string PathOf(Uri url, Uri root)
    {
        var prefix = root.AbsolutePath.TrimEnd('/');
        return url.AbsolutePath.StartsWith(prefix + "/", StringComparison.Ordinal) ? url.AbsolutePath[prefix.Length..] : url.AbsolutePath;
    }

    private static string QueryOf(Uri url) => string.Join(
        '&', url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Where(pair => !IsCredential(pair.Split('=')[0])));

    private static bool IsCredential(string name) => name.Split('-', '_').Any(s_credentials.Contains);
}
