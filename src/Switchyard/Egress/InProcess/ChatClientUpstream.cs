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

/// <summary>Sends one attempt to a provider that is an object in this process: the mock, or anybody's <see cref="IChatClient"/>.</summary>
internal static class ChatClientUpstream
{
    public static async ValueTask<CallResponse> SendAsync(ModelCall call, IChatClientProvider provider, ProviderLease lease)
    {
        var attempt = call.Attempt!;
        attempt.Mode = EgressMode.Translate;
        var clock = new AttemptClock(call.Time, call.Snapshot.Clocks.Total - call.Elapsed, call.Snapshot.Clocks.Total, call.Aborted);
        var opened = false;
        var sent = call.Time.GetTimestamp();
        try
        {
            if (CallOperations.IsForwardOnly(call.Envelope.Operation))
                throw new CallException(UnsupportedOperation.Error(call, provider.Name));
            CallResponse response = call.Body.GetCanonical() switch
            {
                CanonicalChatRequest chat when call.Envelope.Stream => await OpenStreamAsync(call, provider, chat, clock, lease),
                CanonicalChatRequest chat => await AnswerAsync(call, provider, chat, clock),
                CanonicalEmbeddingRequest embedding => await EmbedAsync(call, provider, embedding, clock),
                _ => throw new CallException(UnsupportedOperation.Error(call, provider.Name)),
            };
            opened = response is ClientUpdates;
            return response;
        }
        catch (Exception e)
        {
            return new FailedResponse(Explain(e, call, provider.Name, clock));
        }
        finally
        {
            attempt.UpstreamTime = call.Time.GetElapsedTime(sent);
            if (!opened)
            {
                clock.Dispose();
                lease.Dispose();
            }
        }
    }

    /// <summary>What an exception of somebody's client means: a typed error keeps its kind, anything else is the provider's failure.</summary>
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

    private static async ValueTask<CallResponse> AnswerAsync(ModelCall call, IChatClientProvider provider, CanonicalChatRequest chat, AttemptClock clock)
    {
        var response = await Client(call, provider).GetResponseAsync(chat.Messages, OptionsFor(call, chat.Options), clock.Token);
        if (response.Messages.Count == 0)
            throw new CallException(CallErrorKind.UpstreamUnavailable, "Provider returned an empty response");
        var answer = new CanonicalChatAnswer(response);
        call.Usage = call.Usage.UpdatedBy(answer.Usage);
        return new AnswerResponse(answer);
    }

    private static async ValueTask<CallResponse> OpenStreamAsync(
        ModelCall call, IChatClientProvider provider, CanonicalChatRequest chat, AttemptClock clock, ProviderLease lease)
    {
        clock.Enter(ClockPhase.FirstToken, call.Snapshot.Clocks.FirstToken);
        var updates = Client(call, provider)
            .GetStreamingResponseAsync(chat.Messages, OptionsFor(call, chat.Options), clock.Token)
            .GetAsyncEnumerator(clock.Token);
        try
        {
            if (!await updates.MoveNextAsync())
                throw new CallException(CallErrorKind.UpstreamUnavailable, "Provider returned an empty response");
            clock.Enter(ClockPhase.Idle, call.Snapshot.Clocks.Idle);
            return new ClientUpdates(call, provider.Name, updates, clock, lease);
        }
        catch
        {
            await updates.DisposeAsync();
            throw;
        }
    }

    private static async ValueTask<CallResponse> EmbedAsync(
        ModelCall call, IChatClientProvider provider, CanonicalEmbeddingRequest request, AttemptClock clock)
    {
        var generator = provider.GetEmbeddingGenerator(call.Attempt!.Deployment.Model)
            ?? throw new CallException(UnsupportedOperation.Error(call, provider.Name));
        var texts = new List<string>(request.Inputs.Count);
        foreach (var input in request.Inputs)
        {
            texts.Add(input.Text ?? throw new CallException(
                CallErrorKind.InvalidRequest, $"{provider.Name} embeds texts, not token ids. Send the text itself.", "input"));
        }

        var options = request.Options.Clone();
        options.ModelId = call.Attempt!.Deployment.Model;
        var answer = new CanonicalEmbeddingAnswer(await generator.GenerateAsync(texts, options, clock.Token));
        call.Usage = call.Usage.UpdatedBy(answer.Usage);
        return new AnswerResponse(answer);
    }

    private static IChatClient Client(ModelCall call, IChatClientProvider provider) => provider.GetChatClient(call.Attempt!.Deployment.Model);

    private static ChatOptions OptionsFor(ModelCall call, ChatOptions options)
    {
        KeptFields.RefuseProviderState(options.AdditionalProperties, DialectId.Canonical);
        var own = options.Clone();
        own.ModelId = call.Attempt!.Deployment.Model;
        return own;
    }
}
