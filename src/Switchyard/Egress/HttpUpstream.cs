using Switchyard.Calls;
using Switchyard.Dialects;
using Switchyard.Providers;

namespace Switchyard.Egress;

/// <summary>Sends one attempt over HTTP and opens its answer.</summary>
internal sealed class HttpUpstream(DialectSet dialects)
{
    /// <summary>Identifies this process to itself: a request that carries it has come back to its sender.</summary>
    public static readonly string HopId = CallIds.NewRequestId();

    /// <summary>The header that carries <see cref="HopId"/>.</summary>
    public const string HopHeader = "x-switchyard-hop";

    private const int ErrorBodyLimit = 64 * 1024;

    public async ValueTask<CallResponse> SendAsync(ModelCall call, IHttpProvider provider, ProviderLease lease)
    {
        var attempt = call.Attempt!;
        var endpoint = provider.Endpoint;
        var operation = call.Envelope.Operation;
        var dialect = dialects.Egress(endpoint.Dialect);
        var target = endpoint.TargetFor(provider.Name, attempt.Deployment.Model);
        var clock = new AttemptClock(call.Time, call.Snapshot.Clocks.Total, call.Aborted);
        var exchange = new UpstreamExchange(call, dialect, target, clock, lease);
        try
        {
            var path = endpoint.Operations.Contains(operation) ? dialect.GetPath(operation, target, call.Envelope.Stream) : null;
            if (path is null)
                throw new CallException(UnsupportedOperation.Error(operation, provider.Name));

            var plan = EgressPlan.Decide(call, dialect, target, attempt.Losses);
            attempt.Mode = plan.Mode;
            using var request = CreateRequest(endpoint, path, plan.Content, call.Envelope.Stream);
            if (call.Envelope.Stream)
                clock.Enter(ClockPhase.FirstToken, endpoint.FirstTokenTimeout ?? call.Snapshot.Clocks.FirstToken);

            var sent = call.Time.GetTimestamp();
            await exchange.OpenAsync(await endpoint.Invoker.SendAsync(request, clock.Token));
            var response = await OpenAsync(exchange, plan);
            attempt.UpstreamTime = call.Time.GetElapsedTime(sent);
            return response;
        }
        catch (Exception e)
        {
            var error = exchange.Explain(e);
            exchange.Dispose();
            return new FailedResponse(error);
        }
    }

    private static async ValueTask<CallResponse> OpenAsync(UpstreamExchange exchange, EgressPlan plan)
    {
        if (exchange.Status is < 200 or >= 300)
            throw new CallException(await ReadErrorAsync(exchange));
        if (MediaType.IsHtml(exchange.ContentType))
            throw new CallException(Malformed(exchange, "answered with a web page instead of its API's format"));

        var streamed = exchange.Call.Envelope.Stream && !MediaType.IsJson(exchange.ContentType);
        return (plan.Mode, streamed) switch
        {
            (EgressMode.Forward, true) => await ForwardedStream.OpenAsync(exchange, plan.HidesUsageFrame),
            (EgressMode.Forward, false) when !exchange.Call.Envelope.Stream => await ForwardedBody.OpenAsync(exchange),
            (_, true) => await DecodedStream.OpenAsync(exchange),
            _ => await DecodedAnswer.OpenAsync(exchange),
        };
    }

    private static async ValueTask<CallError> ReadErrorAsync(UpstreamExchange exchange)
    {
        if (exchange.Status is < 400)
            return Malformed(exchange, $"answered with status {exchange.Status}, which its API does not use");
        if (exchange.Status == 508)
        {
            return new CallError(CallErrorKind.LoopDetected, $"{exchange.Target.Provider} leads back to a gateway the request has passed before. Correct its base_url.")
            {
                Provider = exchange.Target.Provider,
                UpstreamStatus = exchange.Status,
            };
        }

        var body = await exchange.ReadWholeAsync(ErrorBodyLimit) ?? ReadOnlyMemory<byte>.Empty;
        var error = exchange.Dialect.DecodeError(exchange.Status, body.Span, exchange.Target);
        return error with { RetryAfter = error.RetryAfter ?? exchange.RetryAfter(), Provider = exchange.Target.Provider, UpstreamStatus = exchange.Status };
    }

    internal static CallError Malformed(UpstreamExchange exchange, string what) =>
        new(CallErrorKind.UpstreamUnavailable, $"{exchange.Target.Provider} {what}.") { Provider = exchange.Target.Provider, UpstreamStatus = exchange.Status };

    private static HttpRequestMessage CreateRequest(HttpEndpoint endpoint, string path, HttpContent content, bool stream)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, endpoint.UrlFor(path)) { Content = content };
        var headers = request.Headers;
        foreach (var (name, value) in endpoint.Headers)
            headers.TryAddWithoutValidation(name, value);
        headers.TryAddWithoutValidation("Accept", stream ? "text/event-stream" : "application/json");
        headers.TryAddWithoutValidation(HopHeader, HopId);
        return request;
    }
}
