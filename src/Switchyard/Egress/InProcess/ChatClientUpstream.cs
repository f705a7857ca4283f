using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Dialects.Shared;
using Switchyard.Egress.Exchange;
using Switchyard.Providers;
using Switchyard.Providers.Registry;
using Switchyard.Targets;

namespace Switchyard.Egress.InProcess;

/// <summary>
/// Sends one attempt to a provider that is an object in this process: the mock, or a host-supplied <see cref="IChatClient"/>. Like
/// <see cref="UpstreamClient"/> it ends the attempt and never throws.
/// </summary>
internal static class ChatClientUpstream
{
    public static async ValueTask<CallResponse> SendAsync(
        ModelCall call, Attempt attempt, IChatClientProvider provider, ProviderLease lease, AttemptClock clock)
    {
        attempt.Mode = EgressMode.Translate;
        var opened = false;
        try
        {
            if (CallOperations.IsForwardOnly(call.Envelope.Operation))
                throw new CallException(UnsupportedOperation.Error(call, provider.Name));
            attempt.Sending();
            CallResponse response = call.Body.GetCanonical() switch
            {
                CanonicalChatRequest chat when call.Envelope.Stream =>
                    await OpenStreamAsync(call, attempt, provider, chat, clock, lease).ConfigureAwait(false),
                CanonicalChatRequest chat => await AnswerAsync(call, attempt, provider, chat, clock).ConfigureAwait(false),
                CanonicalEmbeddingRequest embedding => await EmbedAsync(call, attempt, provider, embedding, clock).ConfigureAwait(false),
                _ => throw new CallException(UnsupportedOperation.Error(call, provider.Name)),
            };
            opened = response is ClientUpdates;
            attempt.Opened();
            if (!opened)
                attempt.End(AttemptOutcome.Finished, null);
            return response;
        }
        catch (Exception e)
        {
            var error = Explain(e, call, provider.Name, clock);
            attempt.Fail(error);
            return new FailedResponse(error);
        }
        finally
        {
            if (!opened)
            {
                clock.Dispose();
                lease.Dispose();
            }
        }
    }

    /// <summary>
    /// The error of a client's exception. Those that an HTTP provider raises too are mapped alike; any other is
    /// <see cref="CallErrorKind.UpstreamUnavailable"/>.
    /// </summary>
    public static CallError Explain(Exception exception, ModelCall call, string provider, AttemptClock clock)
    {
        if (exception is CallException or OperationCanceledException or TimeoutException or HttpRequestException)
            return UpstreamFailure.Explain(exception, call, provider, clock);
        return new(CallErrorKind.UpstreamUnavailable, $"{provider} failed: {Sanitizer.Clean(exception.Message)}")
        {
            Provider = provider,
            Cause = exception,
        };
    }

    private static async ValueTask<CallResponse> AnswerAsync(
        ModelCall call, Attempt attempt, IChatClientProvider provider, CanonicalChatRequest chat, AttemptClock clock)
    {
        var options = OptionsFor(call, chat.Options);
        var response = await Client(call, provider).GetResponseAsync(chat.Messages, options, clock.Token).ConfigureAwait(false);
        if (response.Messages.Count == 0)
            throw new CallException(CallErrorKind.UpstreamUnavailable, "Provider returned an empty response");
        var answer = new CanonicalChatAnswer(response);
        attempt.Observe(answer.Usage);
        return new AnswerResponse(answer);
    }

    private static async ValueTask<CallResponse> OpenStreamAsync(
        ModelCall call, Attempt attempt, IChatClientProvider provider, CanonicalChatRequest chat, AttemptClock clock, ProviderLease lease)
    {
        clock.Enter(ClockPhase.FirstToken, call.Snapshot.Clocks.FirstToken);
        var updates = Client(call, provider)
            .GetStreamingResponseAsync(chat.Messages, OptionsFor(call, chat.Options), clock.Token)
            .GetAsyncEnumerator(clock.Token);
        try
        {
            if (!await updates.MoveNextAsync().ConfigureAwait(false))
                throw new CallException(CallErrorKind.UpstreamUnavailable, "Provider returned an empty response");
            clock.Enter(ClockPhase.Idle, call.Snapshot.Clocks.Idle);
            return new ClientUpdates(call, attempt, updates, clock, lease);
        }
        catch
        {
            await updates.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async ValueTask<CallResponse> EmbedAsync(
        ModelCall call, Attempt attempt, IChatClientProvider provider, CanonicalEmbeddingRequest request, AttemptClock clock)
    {
        var generator = provider.GetEmbeddingGenerator(attempt.Deployment.Model)
            ?? throw new CallException(UnsupportedOperation.Error(call, provider.Name));
        var texts = new List<string>(request.Inputs.Count);
        foreach (var input in request.Inputs)
        {
            texts.Add(input.Text ?? throw new CallException(
                CallErrorKind.InvalidRequest, $"{provider.Name} embeds texts, not token ids. Send the text itself.", "input"));
        }

        var options = request.Options.Clone();
        options.ModelId = attempt.Deployment.Model;
        var answer = new CanonicalEmbeddingAnswer(await generator.GenerateAsync(texts, options, clock.Token).ConfigureAwait(false));
        attempt.Observe(answer.Usage);
        return new AnswerResponse(answer);
    }

    private static IChatClient Client(ModelCall call, IChatClientProvider provider) =>
        provider.GetChatClient(call.Attempt!.Deployment.Model);

    private static ChatOptions OptionsFor(ModelCall call, ChatOptions options)
    {
        KeptFields.RefuseProviderState(options.AdditionalProperties, DialectId.Canonical);
        var own = options.Clone();
        own.ModelId = call.Attempt!.Deployment.Model;
        return own;
    }
}
