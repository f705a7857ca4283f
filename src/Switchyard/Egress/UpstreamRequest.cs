using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Egress.Exchange;

namespace Switchyard.Egress;

/// <summary>Makes the HTTP request of an attempt: address, credential, the headers of the format and of the client's request, the body.</summary>
internal static class UpstreamRequest
{
    public static HttpRequestMessage Create(UpstreamExchange exchange, EgressPlan plan)
    {
        var (envelope, dialect) = (exchange.Call.Envelope, exchange.Dialect);
        var request = new HttpRequestMessage(HttpMethod.Post, exchange.Destination.Url) { Content = plan.Content };
        var headers = request.Headers;
        var credential = exchange.Credential.Headers;
        for (var i = 0; i < credential.Count; i++)
            headers.TryAddWithoutValidation(credential[i].Key, credential[i].Value);
        for (var i = 0; i < plan.Headers.Count; i++)
            headers.TryAddWithoutValidation(plan.Headers[i].Key, plan.Headers[i].Value);
        var defaults = dialect.GetDefaultHeaders(envelope);
        for (var i = 0; i < defaults.Count; i++)
        {
            // The version the client names says how its body is to be read, whatever is configured.
            if (envelope.FormatVersion is not null)
                headers.Remove(defaults[i].Key);
            if (!headers.Contains(defaults[i].Key))
                headers.TryAddWithoutValidation(defaults[i].Key, defaults[i].Value);
        }

        headers.TryAddWithoutValidation("Accept", Accept(dialect, envelope.Operation, envelope.Stream));
        headers.TryAddWithoutValidation(Hop.Header, Hop.Id);
        return request;
    }

    private static string Accept(IEgressDialect dialect, CallOperation operation, bool stream) =>
        CallOperations.AnswersAnyMedia(operation) ? "*/*" : stream ? dialect.StreamMediaType : "application/json";
}
