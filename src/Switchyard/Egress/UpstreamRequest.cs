using System.Diagnostics;
using System.Net.Http.Headers;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Egress.Exchange;

namespace Switchyard.Egress;

/// <summary>
/// Creates the HTTP request of an attempt: URL, the credential's headers, the headers of the dialect and of the client's request, body.
/// </summary>
internal static class UpstreamRequest
{
    public static HttpRequestMessage Create(UpstreamExchange exchange, EgressPlan plan)
    {
        var (envelope, dialect) = (exchange.Call.Envelope, exchange.Dialect);
        var request = new HttpRequestMessage(HttpMethod.Post, exchange.Url) { Content = plan.Content };
        var headers = request.Headers;
        var credential = exchange.Credential.Headers;
        for (var i = 0; i < credential.Count; i++)
            headers.TryAddWithoutValidation(credential[i].Key, credential[i].Value);
        for (var i = 0; i < plan.Headers.Count; i++)
            headers.TryAddWithoutValidation(plan.Headers[i].Key, plan.Headers[i].Value);
        WriteDefaults(headers, dialect, envelope);
        headers.TryAddWithoutValidation("Accept", Accept(dialect, envelope.Operation, envelope.Stream));
        headers.TryAddWithoutValidation(Hop.Header, Hop.Append(exchange.Call.Hops, exchange.Call.Snapshot.HopId));
        WriteTrace(headers, exchange.Call);
        if (exchange.Attempt.Span is { IsAllDataRequested: true } span)
        {
            span.SetTag("server.address", request.RequestUri!.Host);
            span.SetTag("server.port", request.RequestUri.Port);
        }

        return request;
    }

    /// <summary>The headers that each request of a dialect needs, unless others have been written.</summary>
    public static void WriteDefaults(HttpRequestHeaders headers, IEgressDialect dialect, CallEnvelope envelope)
    {
        var defaults = dialect.GetDefaultHeaders(envelope);
        for (var i = 0; i < defaults.Count; i++)
        {
            // The client's version (anthropic-version) replaces a configured one: it is the version of the body being sent.
            if (envelope.FormatVersion is not null)
                headers.Remove(defaults[i].Key);
            if (!headers.Contains(defaults[i].Key))
                headers.TryAddWithoutValidation(defaults[i].Key, defaults[i].Value);
        }
    }

    /// <summary>
    /// The request is a child of the current span: the host's, if it records one. Without one the client's span stays the parent: a span of
    /// ours that is never exported would break the trace.
    /// </summary>
    public static void WriteTrace(HttpRequestHeaders headers, ModelCall call)
    {
        var (parent, state) = Activity.Current is { IdFormat: ActivityIdFormat.W3C } span
            ? (span.Id, span.TraceStateString)
            : (call.Trace?.Parent, call.Trace?.State);
        if (parent is null)
            return;
        headers.TryAddWithoutValidation(TraceContext.ParentHeader, parent);
        if (!string.IsNullOrEmpty(state))
            headers.TryAddWithoutValidation(TraceContext.StateHeader, state);
    }

    private static string Accept(IEgressDialect dialect, CallOperation operation, bool stream) =>
        CallOperations.AnswersAnyMedia(operation) ? "*/*" : stream ? dialect.StreamMediaType : "application/json";
}
