using Microsoft.AspNetCore.Http;
using Switchyard.Calls;

namespace Switchyard.Gateway.Ingress;

/// <summary>
/// The ids that connect a request with the client's own logs: <c>x-request-id</c> and the trace of <c>traceparent</c>. Both go into headers
/// and logs, so only plain ones are accepted.
/// </summary>
internal static class RequestIds
{
    private const int LongestId = 128;

    private static readonly object s_made = new();

    /// <summary>
    /// The client's own id; null if it sent none, or one that is not plain: letters, digits and <c>-_.:</c>, at most 128.
    /// </summary>
    public static string? FromClient(HttpRequest request) =>
        request.Headers.TryGetValue(ResponseHeaders.RequestId, out var values) && values is [{ Length: > 0 and <= LongestId } id]
        && IsPlain(id) ? id : null;

    /// <summary>The id of a request that is not a call: the client's own, else a generated one.</summary>
    public static string Of(HttpContext http)
    {
        if (FromClient(http.Request) is { } sent)
            return sent;
        if (http.Items[s_made] is not string made)
            http.Items[s_made] = made = ModelCall.NewId();
        return made;
    }

    /// <summary>The id that the answer already has, which is its call's; else that of the request.</summary>
    public static string OfAnswer(HttpContext http) =>
        http.Response.Headers.TryGetValue(ResponseHeaders.RequestId, out var values) && values is [{ Length: > 0 } id] ? id : Of(http);

    /// <summary>The client's place in a trace; null without a well-formed <c>traceparent</c>.</summary>
    public static TraceContext? TraceOf(HttpRequest request) => request.Headers.TraceParent is [{ } parent]
        ? TraceContext.Parse(parent, request.Headers.TraceState.ToString())
        : null;

    private static bool IsPlain(string id)
    {
        foreach (var letter in id)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('-' or '_' or '.' or ':'))
                return false;
        }

        return true;
    }
}
