using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Egress.Answers;
using Switchyard.Egress.Exchange;
using Switchyard.Egress.InProcess;
using Switchyard.Egress.Media;
using Switchyard.Egress.Reasoning;
using Switchyard.Providers;
using Switchyard.Providers.Http;
using Switchyard.Providers.Registry;
using Switchyard.Targets;

namespace Switchyard.Egress;

/// <summary>
/// Sends one attempt and opens its answer. It first takes hold of the deployment's provider, so that it is not disposed under the call;
/// a provider that is an object in this process is called as one, any other over HTTP in its dialect.
/// </summary>
internal sealed class UpstreamClient(ProviderRegistry registry, DialectSet dialects, ReasoningMemory memory, RequestPreparation preparation)
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
            var destination = Destination.Of(call, provider.Name, endpoint, dialects);
            (exchange.Dialect, exchange.Target) = (destination.Dialect, destination.Target);

            var plan = await EgressPlan.DecideAsync(exchange, endpoint, preparation);
            attempt.Mode = plan.Mode;
            if (plan.Mode == EgressMode.Translate && operation == CallOperation.Chat)
                exchange.Reasoning = new ReasoningRecorder(memory, endpoint.Account);
            using var request = CreateRequest(call, endpoint, destination, plan);
            if (stream)
                AwaitFirstToken(exchange.Clock, plan.Content, endpoint.FirstTokenTimeout ?? call.Snapshot.Clocks.FirstToken);
            if (endpoint.Authorizer is { } authorizer)
                await RequestAuthorization.RunAsync(authorizer, request, provider.Name, exchange.Clock.Token);

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

    private static async ValueTask<CallResponse> OpenAsync(UpstreamExchange exchange, EgressPlan plan)
    {
        if (exchange.Status is < 200 or >= 300)
            throw new CallException(await ReadErrorAsync(exchange));
        if (MediaType.IsHtml(exchange.ContentType))
            throw new CallException(exchange.Malformed("answered with a web page instead of its API's format"));

        if (CallOperations.IsForwardOnly(exchange.Call.Envelope.Operation))
            return await OpenForwardOnlyAsync(exchange);
        var streamed = exchange.Call.Envelope.Stream && !MediaType.IsJson(exchange.ContentType);
        return (plan.Mode, streamed) switch
        {
            (EgressMode.Forward, true) => await ForwardedStream.OpenAsync(exchange, plan.HidesUsageFrame),
            (EgressMode.Forward, false) when !exchange.Call.Envelope.Stream => await ForwardedBody.OpenAsync(exchange),
            (_, true) => await DecodedStream.OpenAsync(exchange),
            _ => await DecodedAnswer.OpenAsync(exchange),
        };
    }

    /// <summary>What the answer is, it says itself: clients of these operations ask for streams in more ways than one.</summary>
    private static async ValueTask<CallResponse> OpenForwardOnlyAsync(UpstreamExchange exchange)
    {
        if (MediaType.IsEventStream(exchange.ContentType))
            return await ForwardedStream.OpenAsync(exchange, hidesUsageFrame: false);
        return CallOperations.AnswersAnyMedia(exchange.Call.Envelope.Operation) && !MediaType.IsJson(exchange.ContentType)
            ? await ForwardedMedia.OpenAsync(exchange)
            : await ForwardedBody.OpenAsync(exchange);
    }

    /// <summary>The time to the first token begins when the provider has the request: how long an upload takes is not its doing.</summary>
    private static void AwaitFirstToken(AttemptClock clock, HttpContent content, TimeSpan limit)
    {
        if (content is StreamedContent upload)
            upload.Sent = () => clock.Enter(ClockPhase.FirstToken, limit);
        else
            clock.Enter(ClockPhase.FirstToken, limit);
    }

    private static string Accept(IEgressDialect dialect, CallOperation operation, bool stream) =>
        CallOperations.AnswersAnyMedia(operation) ? "*/*" : stream ? dialect.StreamMediaType : "application/json";

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

    private static HttpRequestMessage CreateRequest(ModelCall call, HttpEndpoint endpoint, Destination destination, EgressPlan plan)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, destination.Url) { Content = plan.Content };
        var headers = request.Headers;
        foreach (var (name, value) in endpoint.Headers)
            headers.TryAddWithoutValidation(name, value);
        for (var i = 0; i < plan.Headers.Count; i++)
            headers.TryAddWithoutValidation(plan.Headers[i].Key, plan.Headers[i].Value);
        var defaults = destination.Dialect.GetDefaultHeaders(call.Envelope);
        for (var i = 0; i < defaults.Count; i++)
        {
            // The version the client names says how its body is to be read, whatever is configured.
            if (call.Envelope.FormatVersion is not null)
                headers.Remove(defaults[i].Key);
            if (!headers.Contains(defaults[i].Key))
                headers.TryAddWithoutValidation(defaults[i].Key, defaults[i].Value);
        }

        headers.TryAddWithoutValidation("Accept", Accept(destination.Dialect, call.Envelope.Operation, call.Envelope.Stream));
        headers.TryAddWithoutValidation(HopHeader, HopId);
        return request;
    }
}
