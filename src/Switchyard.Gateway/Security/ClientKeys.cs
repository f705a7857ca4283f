using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Identity;

namespace Switchyard.Gateway.Security;

/// <summary>
/// Authenticates a request by its client key (<c>server.keys</c>). Without configured keys requests are accepted with any key or none.
/// </summary>
internal static class ClientKeys
{
    private const string Bearer = "Bearer ";

    private static readonly object s_cacheKey = new();

    /// <exception cref="CallException">Keys are configured and the request has none of them.</exception>
    public static Caller Check(HttpContext http, CallSnapshot snapshot)
    {
        if (snapshot.Section(CallerTable.Section) is not { } table)
            return Caller.Anonymous;
        if (!TryGetPresented(http.Request, out var presented, out var start))
        {
            throw new CallException(
                CallErrorKind.Unauthenticated,
                "You didn't provide an API key. "
                    + "Send 'Authorization: Bearer YOUR_KEY', 'x-api-key: YOUR_KEY' or 'x-goog-api-key: YOUR_KEY'.");
        }

        return Find(http, table, presented, start)
            ?? throw new CallException(CallErrorKind.Unauthenticated, "Incorrect API key provided. Ask the gateway's operator for a key.");
    }

    /// <summary>
    /// Looks the key up, with a cache of one entry for each connection: Kestrel reuses the string of a header value that a connection
    /// repeats, so that a reference comparison saves hashing the key again.
    /// </summary>
    private static Caller? Find(HttpContext http, CallerTable table, string presented, int start)
    {
        var items = http.Features.Get<IConnectionItemsFeature>()?.Items;
        if (items is not null && items.TryGetValue(s_cacheKey, out var item) && item is CachedCaller cached
            && ReferenceEquals(cached.Presented, presented) && ReferenceEquals(cached.Table, table))
        {
            return cached.Caller;
        }

        var caller = table.Find(presented.AsSpan(start).Trim());
        if (caller is not null && items is not null)
            items[s_cacheKey] = new CachedCaller(presented, table, caller);
        return caller;
    }

    /// <param name="request">The request.</param>
    /// <param name="presented">The value of the header or query parameter.</param>
    /// <param name="start">The index in it at which the key begins.</param>
    private static bool TryGetPresented(HttpRequest request, [NotNullWhen(true)] out string? presented, out int start)
    {
        start = 0;
        presented = request.Headers.Authorization.ToString();
        if (presented.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            start = Bearer.Length;
            return true;
        }

        // Anthropic's header, Gemini's header, and the query parameter that some Gemini clients use.
        presented = First(
            request.Headers["x-api-key"].ToString(), request.Headers["x-goog-api-key"].ToString(), request.Query["key"].ToString());
        return presented is not null;
    }

    private static string? First(params ReadOnlySpan<string> values)
    {
        foreach (var value in values)
        {
            if (value.Length > 0)
                return value;
        }

        return null;
    }

    private sealed record CachedCaller(string Presented, CallerTable Table, Caller Caller);
}
