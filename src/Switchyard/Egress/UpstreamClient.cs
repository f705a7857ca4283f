using Switchyard.Calls;
using Switchyard.Dialects;
using Switchyard.Providers;

namespace Switchyard.Egress;

/// <summary>
/// Sends one attempt and opens its answer. It first takes hold of the deployment's provider, so that it is not disposed under the call;
/// a provider that is an object in this process is called as one, any other over HTTP in its dialect.
/// </summary>
internal sealed class UpstreamClient(ProviderRegistry registry, DialectSet dialects)
{
    /// <summary>The header that carries <see cref="HopId"/>.</summary>
    public const string HopHeader = "x-switchyard-hop";

    private const int ErrorBodyLimit = 64 * 1024;

    /// <summary>Identifies this process to itself: a request that carries it has come back to its sender.</summary>
    public static readonly string HopId = CallIds.NewRequestId();

    public ValueTask<CallResponse> SendAsync(ModelCall call) =>
        registry.TryAcquire(call.Attempt!.Deployment.Provider, out var lease) ? SendAsync(call, lease) : BuildAndSendAsync(call);

    private ValueTask<CallResponse> SendAsync(ModelCall call, ProviderLease lease)
    {
        switch (lease.Provider)
        {
            case IHttpProvider provider:
                return SendHttpAsync(call, provider, lease);
            case IChatClientProvider provider:
                return ChatClientUpstream.SendAsync(call, provider, lease);
            default:
                lease.Dispose();
                return new(new FailedResponse(new CallError(
                    CallErrorKind.ProviderUnavailable,
                    $"Provider '{lease.Name}' can be listed but not called: its class implements neither IHttpProvider nor IChatClientProvider.")));
        }
    }

    /// <summary>A provider registered as a class is built on its first call.</summary>
    private async ValueTask<CallResponse> BuildAndSendAsync(ModelCall call)
    {
        var name = call.Attempt!.Deployment.Provider;
        try
        {
            return await SendAsync(call, await registry.AcquireAsync(name, call.Aborted));
        }
        catch (ProviderException)
        {
            return new FailedResponse(registry.Explain(name));
        }
    }

    private async ValueTask<CallResponse> SendHttpAsync(ModelCall call, IHttpProvider provider, ProviderLease lease)
    {
        var attempt = call.Attempt!;
        var exchange = new UpstreamExchange(call, provider.Name, lease);
        long sent = 0;
        try
        {
            var endpoint = provider.Endpoint;
            var (operation, stream) = (call.Envelope.Operation, call.Envelope.Stream);
            var target = exchange.Target = TargetOf(call, endpoint, provider.Name);
            var dialect = exchange.Dialect = dialects.Egress(endpoint.DialectFor(call.ClientDialect));
            var path = dialect.GetPath(operation, target, stream);
            if (path is null)
            {
                // Of the formats a provider speaks not each has every operation.
                dialect = exchange.Dialect = endpoint.Dialects.Where(dialects.Speaks).Select(dialects.Egress)
                    .FirstOrDefault(other => other.GetPath(operation, target, stream) is not null) ?? dialect;
                path = dialect.GetPath(operation, target, stream);
            }

            if (path is null || !endpoint.Operations.Contains(operation))
                throw new CallException(UnsupportedOperation.Error(operation, provider.Name));

            var plan = EgressPlan.Decide(call, dialect, target, attempt.Losses);
            attempt.Mode = plan.Mode;
            using var request = CreateRequest(endpoint, path, plan, stream ? dialect.StreamMediaType : "application/json");
            if (stream)
                exchange.Clock.Enter(ClockPhase.FirstToken, endpoint.FirstTokenTimeout ?? call.Snapshot.Clocks.FirstToken);

            sent = call.Time.GetTimestamp();
            await exchange.OpenAsync(await endpoint.Invoker.SendAsync(request, exchange.Clock.Token));
            return await OpenAsync(exchange, plan);
        }
        catch (Exception e)
        {
            var error = exchange.Explain(e);
            exchange.Dispose();
            return new FailedResponse(error);
        }
        finally
        {
            if (sent != 0)
                attempt.UpstreamTime = call.Time.GetElapsedTime(sent);
        }
    }

    /// <summary>The target, which is told when another provider was tried before it: what the request holds may be for that one alone.</summary>
    private static EgressTarget TargetOf(ModelCall call, HttpEndpoint endpoint, string provider)
    {
        var target = endpoint.TargetFor(provider, call.Attempt!.Deployment.Model);
        return call.AttemptCount > 1 && call.Attempts.First().Deployment.Provider != call.Attempt.Deployment.Provider
            ? target with { StandsIn = true }
            : target;
    }

    private static async ValueTask<CallResponse> OpenAsync(UpstreamExchange exchange, EgressPlan plan)
    {
        if (exchange.Status is < 200 or >= 300)
            throw new CallException(await ReadErrorAsync(exchange));
        if (MediaType.IsHtml(exchange.ContentType))
            throw new CallException(exchange.Malformed("answered with a web page instead of its API's format"));

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
            return exchange.Malformed($"answered with status {exchange.Status}, which its API does not use");
        if (exchange.Status == 508)
        {
            return new CallError(CallErrorKind.LoopDetected, $"{exchange.Provider} leads back to a gateway the request has passed before. Correct its base_url.")
            {
                Provider = exchange.Provider,
                UpstreamStatus = exchange.Status,
            };
        }

        var body = await exchange.ReadWholeAsync(ErrorBodyLimit) ?? ReadOnlyMemory<byte>.Empty;
        var error = exchange.Dialect.DecodeError(exchange.Status, body.Span, exchange.Target);
        return error with { RetryAfter = error.RetryAfter ?? exchange.RetryAfter(), Provider = exchange.Provider, UpstreamStatus = exchange.Status };
    }

    private static HttpRequestMessage CreateRequest(HttpEndpoint endpoint, string path, EgressPlan plan, string accept)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, endpoint.UrlFor(path)) { Content = plan.Content };
        var headers = request.Headers;
        foreach (var (name, value) in endpoint.Headers)
            headers.TryAddWithoutValidation(name, value);
        for (var i = 0; i < plan.Headers.Count; i++)
            headers.TryAddWithoutValidation(plan.Headers[i].Key, plan.Headers[i].Value);
        headers.TryAddWithoutValidation("Accept", accept);
        headers.TryAddWithoutValidation(HopHeader, HopId);
        return request;
    }
}
