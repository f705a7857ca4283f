using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Identity;

namespace Switchyard.Gateway.Security;

/// <summary>
/// Authenticates a request by its client key (<c>keys</c>, <c>server.keys</c>). Without configured keys requests are accepted with any key
/// or none, but not from foreign web pages (<see cref="WebPageGuard"/>).
/// </summary>
internal static class ClientKeys
{
    private const string Bearer = "Bearer ";

    private static readonly object s_cacheKey = new();

    // Anthropic's header, Azure's, Gemini's.
    private static readonly string[] s_headers = ["x-api-key", "api-key", "x-goog-api-key"];

    /// <summary>
    /// Whether a request may see what only callers may: it has a valid key, or no keys are configured and it is not from a foreign page.
    /// </summary>
    public static bool Admits(HttpContext http, CallSnapshot snapshot) => snapshot.Section(CallerTable.Section) is null
        ? WebPageGuard.Refuse(http, snapshot) is null
        : FindCaller(http, snapshot) is not null;

    /// <summary>The caller of a request's key; null if it has no key that may be used, or no keys are configured.</summary>
    public static Caller? FindCaller(HttpContext http, CallSnapshot snapshot) =>
        snapshot.Section(CallerTable.Section) is { } table && Find(http, snapshot, table, out _) is { Refusal: null } key
            ? key.Caller
            : null;

    /// <summary>Checks the key of a request for a path that <c>server.open</c> may serve without one.</summary>
    /// <exception cref="CallException">The path is not open, and the request has no key where keys are configured.</exception>
    public static void CheckUnlessOpen(HttpContext http, CallSnapshot snapshot, string path)
    {
        if (snapshot.Section(OpenPaths.Section)?.Contains(path) is true)
            return;
        if (snapshot.Section(CallerTable.Section) is { } table && Find(http, snapshot, table, out _) is null && table.UnknownKey is null)
        {
            throw new CallException(
                CallErrorKind.Unauthenticated,
                $"{path} needs a client key here: send 'Authorization: Bearer YOUR_KEY', or name the path in server.open.");
        }

        Check(http, snapshot);
    }

    /// <summary>Checks the key of a request.</summary>
    /// <param name="http">The request.</param>
    /// <param name="snapshot">The configuration.</param>
    /// <param name="alwaysActs">Whether the request does more than read, even as a GET.</param>
    /// <exception cref="CallException">
    /// Keys are configured, and the request has none of them or one that may no longer be used; or it comes from a foreign page.
    /// </exception>
    public static Caller Check(HttpContext http, CallSnapshot snapshot, bool alwaysActs = false)
    {
        if (snapshot.Section(CallerTable.Section) is not { } table)
        {
            WebPageGuard.Check(http, snapshot, alwaysActs);
            return Caller.Anonymous;
        }

        if (Find(http, snapshot, table, out var presented) is { } found)
        {
            if (found.Refusal is { } refusal)
                throw new CallException(refusal);
            found.NoteUse();
            return found.Caller;
        }

        if (presented && table.UnknownKey is { } away)
            throw new CallException(away);
        throw new CallException(
            CallErrorKind.Unauthenticated,
            presented
                ? "Incorrect API key provided. Ask the gateway's operator for a key."
                : "You didn't provide an API key. "
                    + "Send 'Authorization: Bearer YOUR_KEY', 'x-api-key: YOUR_KEY' or 'x-goog-api-key: YOUR_KEY'.");
    }

    /// <summary>
    /// The first key presented that is one of ours and may be used, else the first that is ours. A client may present another beside it: an
    /// app that is signed in elsewhere sends that token as <c>Authorization</c>, and ours where its settings put it.
    /// </summary>
    /// <param name="http">The request.</param>
    /// <param name="snapshot">The configuration.</param>
    /// <param name="table">The configured keys.</param>
    /// <param name="presented">Whether any key was presented.</param>
    private static ClientKey? Find(HttpContext http, CallSnapshot snapshot, CallerTable table, out bool presented)
    {
        presented = false;
        ClientKey? refused = null;
        var request = http.Request;
        foreach (var value in request.Headers.Authorization)
        {
            if (value?.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) is not true)
                continue;
            presented = true;
            if (Good(Find(http, table, value, Bearer.Length), ref refused) is { } key)
                return key;
        }

        foreach (var header in s_headers)
        {
            foreach (var value in request.Headers[header])
            {
                if (string.IsNullOrEmpty(value))
                    continue;
                presented = true;
                if (Good(Find(http, table, value, start: 0), ref refused) is { } key)
                    return key;
            }
        }

        if (snapshot.Section(ForeignHeaders.Section) is { } foreign && ForeignKey(request, foreign) is { } sent)
        {
            presented = true;
            var start = sent.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? Bearer.Length : 0;
            if (Good(Find(http, table, sent, start), ref refused) is { } key)
                return key;
        }

        // The query parameter that some Gemini clients use.
        if (!request.QueryString.HasValue || request.Query["key"].ToString() is not { Length: > 0 } parameter)
            return refused;
        presented = true;
        return Good(Find(http, table, parameter, start: 0), ref refused) ?? refused;
    }

    /// <summary>The key in the header of another gateway, whose headers are honoured; null without one.</summary>
    private static string? ForeignKey(HttpRequest request, ForeignHeaders foreign) =>
        foreign.LiteLlm && request.Headers["x-litellm-api-key"].ToString() is { Length: > 0 } ofLiteLlm ? ofLiteLlm
        : foreign.Portkey && request.Headers["x-portkey-api-key"].ToString() is { Length: > 0 } ofPortkey ? ofPortkey
        : null;

    /// <summary>The key if it may be used; else null, and <paramref name="refused"/> keeps the first such key.</summary>
    private static ClientKey? Good(ClientKey? key, ref ClientKey? refused)
    {
        if (key is null or { Refusal: null })
            return key;
        refused ??= key;
        return null;
    }

    /// <summary>
    /// Looks the key up, with a cache of one entry for each connection: Kestrel reuses the string of a header value that a connection
    /// repeats, so that a reference comparison saves hashing the key again. Not used if requests of a connection run in parallel, because
    /// its items are a plain dictionary.
    /// </summary>
    private static ClientKey? Find(HttpContext http, CallerTable table, string presented, int start)
    {
        var items = RunsAlone(http.Request.Protocol) ? http.Features.Get<IConnectionItemsFeature>()?.Items : null;
        if (items is not null && items.TryGetValue(s_cacheKey, out var item) && item is CachedKey cached
            && ReferenceEquals(cached.Presented, presented) && ReferenceEquals(cached.Table, table))
        {
            return cached.Key;
        }

        var key = table.Find(presented.AsSpan(start).Trim());
        if (key is not null && items is not null)
            items[s_cacheKey] = new CachedKey(presented, table, key);
        return key;
    }

    /// <summary>Whether a connection of a protocol carries one request at a time.</summary>
    private static bool RunsAlone(string protocol) => !HttpProtocol.IsHttp2(protocol) && !HttpProtocol.IsHttp3(protocol);

    private sealed record CachedKey(string Presented, CallerTable Table, ClientKey Key);
}
