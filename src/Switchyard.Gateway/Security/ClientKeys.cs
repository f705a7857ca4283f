using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Switchyard.Calls;
using Switchyard.Identity;

namespace Switchyard.Gateway.Security;

/// <summary>
/// Finds the caller of a request by the key it presents (<c>server.keys</c>). Without configured keys every key is accepted, and none.
/// </summary>
internal static class ClientKeys
{
    private const string Bearer = "Bearer ";

    private static readonly object s_memo = new();

    /// <exception cref="CallException">Keys are configured and the request presents none of them.</exception>
    public static Caller Check(HttpContext http, CallSnapshot snapshot)
    {
        if (snapshot.Section(CallerTable.Section) is not { } table)
            return Caller.Anonymous;
        if (!TryGetPresented(http.Request, out var presented, out var start))
        {
            throw new CallException(
                CallErrorKind.Unauthenticated,
                "You didn't provide an API key. Send 'Authorization: Bearer YOUR_KEY', 'x-api-key: YOUR_KEY' or 'x-goog-api-key: YOUR_KEY'.");
        }

        return Find(http, table, presented, start)
            ?? throw new CallException(CallErrorKind.Unauthenticated, "Incorrect API key provided. Ask the gateway's operator for a key.");
    }

    /// <summary>
    /// Looks the key up, or remembers it: the server hands out the same string for a header that a connection repeats, so the next request on
    /// it need not be hashed.
    /// </summary>
    private static Caller? Find(HttpContext http, CallerTable table, string presented, int start)
    {
        var items = http.Features.Get<IConnectionItemsFeature>()?.Items;
        if (items is not null && items.TryGetValue(s_memo, out var kept) && kept is Memo memo
            && ReferenceEquals(memo.Presented, presented) && ReferenceEquals(memo.Table, table))
        {
            return memo.Caller;
        }

        var caller = table.Find(presented.AsSpan(start).Trim());
        if (caller is not null && items is not null)
            items[s_memo] = new Memo(presented, table, caller);
        return caller;
    }

    /// <param name="request">The request.</param>
    /// <param name="presented">The header's value.</param>
    /// <param name="start">Where the key begins in it.</param>
    private static bool TryGetPresented(HttpRequest request, [NotNullWhen(true)] out string? presented, out int start)
    {
        start = 0;
        presented = request.Headers.Authorization.ToString();
        if (presented.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            start = Bearer.Length;
            return true;
        }

        // Where clients of other formats put their key; some Gemini clients know no place for it but the address.
        presented = First(request.Headers["x-api-key"].ToString(), request.Headers["x-goog-api-key"].ToString(), request.Query["key"].ToString());
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

    private sealed record Memo(string Presented, CallerTable Table, Caller Caller);
}
