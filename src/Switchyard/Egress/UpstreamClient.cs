using System.Runtime.CompilerServices;
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

namespace Switchyard.Egress;

/// <summary>
/// Sends one attempt: the last step of the pipeline. It takes a lease on the deployment's provider, so that the provider is not disposed
/// during the call, and calls it in process (<see cref="IChatClientProvider"/>) or over HTTP (<see cref="IHttpProvider"/>). It never
/// throws: every failure is a failed answer. Thread-safe.
/// </summary>
internal sealed class UpstreamClient(
    ProviderRegistry registry,
    DialectSet dialects,
    ReasoningMemory memory,
    RequestPreparation preparation,
    ClockWheel wheel,
    ChatClientUpstream inProcess)
{
    public ValueTask<CallResponse> SendAsync(ModelCall call)
    {
        var attempt = call.Attempt!;
        var binding = (ProviderBinding)attempt.Deployment.Binding;
        return binding.TryAcquire(out var lease) ? SendAsync(call, attempt, binding, lease) : FindAndSendAsync(call, attempt, binding);
    }

    private ValueTask<CallResponse> SendAsync(ModelCall call, Attempt attempt, ProviderBinding binding, ProviderLease lease)
    {
        switch (lease.Provider)
        {
            case IHttpProvider provider:
                return SendHttpAsync(call, attempt, binding, lease, provider.Endpoint);
            case IChatClientProvider chat:
                return inProcess.SendAsync(new ClientExchange(call, attempt, chat, lease, new AttemptClock(wheel, call, attempt)));
            default:
                lease.Dispose();
                return new(Fail(attempt, new CallError(
                    CallErrorKind.ProviderUnavailable,
                    $"Provider '{lease.Name}' can be listed but not called: "
                        + "its class implements neither IHttpProvider nor IChatClientProvider.")));
        }
    }

    /// <summary>
    /// The slow path, by name: the provider is a class that is built on its first call, or it was replaced after the route was resolved.
    /// </summary>
    private async ValueTask<CallResponse> FindAndSendAsync(ModelCall call, Attempt attempt, ProviderBinding binding)
    {
        try
        {
            var lease = await registry.AcquireAsync(binding.Provider, attempt.Aborted).ConfigureAwait(false);
            return await SendAsync(call, attempt, binding, lease).ConfigureAwait(false);
        }
        catch (ProviderException)
        {
            // Marked as this provider's error, so that the next target is tried if the provider left the registry after routing.
            return Fail(attempt, registry.Explain(binding.Provider) with { Provider = binding.Provider });
        }
        catch (OperationCanceledException e) when (attempt.Aborted.IsCancellationRequested)
        {
            return Fail(attempt, UpstreamFailure.NotNeeded(call) with { Cause = e });
        }
    }

    /// <summary>Finds the destination, and sends over HTTP. Without a destination nothing is sent.</summary>
    private ValueTask<CallResponse> SendHttpAsync(
        ModelCall call, Attempt attempt, ProviderBinding binding, ProviderLease lease, HttpEndpoint endpoint)
    {
        var clock = new AttemptClock(wheel, call, attempt);
        try
        {
            var destination = Destination.Of(call, binding, endpoint, dialects);
            return SendHttpAsync(
                new UpstreamExchange(call, attempt, lease, clock, binding.CredentialOn(endpoint), destination), endpoint);
        }
        catch (Exception e)
        {
            var error = e is CallException known
                ? UpstreamFailure.Finish(known.Error, call, lease.Name)
                : UpstreamFailure.Explain(e, call, lease.Name, clock);
            clock.Dispose();
            lease.Dispose();
            return new(Fail(attempt, error));
        }
    }

    // The state machine is pooled, and its state is kept in the exchange: with many calls in flight the pool often has none.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<CallResponse> SendHttpAsync(UpstreamExchange exchange, HttpEndpoint endpoint)
    {
        try
        {
            using var request = await PrepareAsync(exchange, endpoint).ConfigureAwait(false);
            exchange.Attempt.Sending();
            HttpResponseMessage? response = null;
            try
            {
                response = await endpoint.Invoker.SendAsync(request, exchange.Clock.Token).ConfigureAwait(false);
            }
            catch (HttpRequestException e) when (Resending.IsDue(e, request))
            {
                // Sent again below.
            }

            response ??= await Resending.SendAsync(endpoint, request, exchange.Clock.Token).ConfigureAwait(false);
            var answer = await AnswerOpening.OpenAsync(exchange, response).ConfigureAwait(false);
            if (exchange.Parts is { HasNext: true } parts)
                answer = await SendOthersAsync(exchange, parts, endpoint).ConfigureAwait(false);
            exchange.Attempt.Opened();
            return answer;
        }
        catch (Exception e)
        {
            var error = exchange.Explain(e);
            exchange.Dispose();
            return Fail(exchange.Attempt, error);
        }
    }

    /// <summary>Sends what follows the first part of a request that is sent in several; the last answer is that to all of them.</summary>
    private async ValueTask<CallResponse> SendOthersAsync(UpstreamExchange exchange, EmbeddingParts parts, HttpEndpoint endpoint)
    {
        try
        {
            while (true)
            {
                using var request = await PrepareAsync(exchange, endpoint).ConfigureAwait(false);
                exchange.Attempt.FurtherRequests++;
                var response = await Resending.InvokeAsync(endpoint, request, exchange.Clock.Token).ConfigureAwait(false);
                var answer = await AnswerOpening.OpenAsync(exchange, response).ConfigureAwait(false);
                if (!parts.HasNext)
                    return answer;
            }
        }
        catch
        {
            // The provider bills the parts that it has answered, also where it counts no tokens.
            exchange.Attempt.RequestLength = parts.Characters;
            exchange.Attempt.Opened();
            throw;
        }
    }

    /// <summary>The request or its next part, ready to be sent, and the attempt's clock running.</summary>
    private async ValueTask<HttpRequestMessage> PrepareAsync(UpstreamExchange exchange, HttpEndpoint endpoint)
    {
        var call = exchange.Call;
        EgressCheck.Demand(exchange);
        var plan = exchange.Parts is { } parts
            ? EgressPlan.Next(parts)
            : await EgressPlan.DecideAsync(exchange, preparation).ConfigureAwait(false);
        exchange.HidesUsageFrame = plan.HidesUsageFrame;
        if (call.Envelope.Operation == CallOperation.Chat
            && (plan.Mode == EgressMode.Translate || (exchange.Target.Quirks.EchoedReasoning && MayCallTools(call))))
            exchange.Reasoning = new ReasoningRecorder(memory, exchange.Credential.Account, exchange.Target.Quirks.EchoedReasoning);
        var request = UpstreamRequest.Create(exchange, plan);
        try
        {
            if (call.Snapshot.Section(IExchangeRecorder.Section) is { } recorder)
                exchange.Tape = await recorder.BeginAsync(exchange, endpoint, request).ConfigureAwait(false);
            if (!exchange.Attempt.IsSent)
                Limit(exchange, plan.Content, endpoint.FirstTokenTimeout);
            if (exchange.Credential.Authorizer is { } authorizer)
                await RequestAuthorization.RunAsync(authorizer, request, exchange.Provider, exchange.Clock.Token).ConfigureAwait(false);
            return request;
        }
        catch
        {
            request.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Starts the time of the attempt: at once, or for an upload when it has been sent, because the client decides how long that takes.
    /// </summary>
    private static void Limit(UpstreamExchange exchange, HttpContent content, TimeSpan? firstToken)
    {
        if (content is StreamedContent upload)
            LimitOnceSent(upload, exchange, firstToken);
        else
            exchange.LimitFor(firstToken).Start(exchange.Clock);
    }

    // A separate method: a lambda's captures are allocated at the start of its method, also for calls that are not uploads.
    private static void LimitOnceSent(StreamedContent upload, UpstreamExchange exchange, TimeSpan? firstToken) =>
        upload.Sent += () => exchange.LimitFor(firstToken).Start(exchange.Clock);

    /// <summary>
    /// Whether the answer to a forwarded request may call tools. A client that leaves the reasoning out of the next request, which is then
    /// translated, needs it restored from the answer that was forwarded.
    /// </summary>
    private static bool MayCallTools(ModelCall call) => call.Body.Wire is { } wire && wire.Memory.Span.IndexOf("\"tools\""u8) >= 0;

    private static FailedResponse Fail(Attempt attempt, CallError error)
    {
        attempt.Fail(error);
        return new FailedResponse(error);
    }
}
