using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;
using Switchyard.Egress.Answers;
using Switchyard.Egress.Exchange;
using Switchyard.Egress.Fitting;
using Switchyard.Providers;
using Switchyard.Providers.Registry;
using Switchyard.Targets;

namespace Switchyard.Egress.InProcess;

/// <summary>
/// Sends one attempt to a provider that is an object in this process: the mock, or a host-supplied <see cref="IChatClient"/>. Like
/// <see cref="UpstreamClient"/> it ends the attempt and never throws.
/// </summary>
internal sealed class ChatClientUpstream(ClientExceptions exceptions)
{
    // Bounds the updates that are held without content.
    private const int OpeningLimit = 1_000;

    public async ValueTask<CallResponse> SendAsync(
        ModelCall call, Attempt attempt, IChatClientProvider provider, ProviderLease lease, AttemptClock clock)
    {
        attempt.Mode = EgressMode.Translate;
        var opened = false;
        try
        {
            if (CallOperations.ForwardsAnswer(call.Envelope.Operation))
                throw new CallException(UnsupportedOperation.Error(call, provider.Name));
            EgressCheck.Demand(call, attempt, provider);
            attempt.Sending();
            AttemptLimit.Of(call, attempt, lease).Start(clock);
            CallResponse response = call.Body.GetCanonical() switch
            {
                CanonicalChatRequest { Operation: CallOperation.CountTokens } chat =>
                    await CountAsync(call, attempt, provider, chat, clock).ConfigureAwait(false),
                CanonicalChatRequest chat when call.Envelope.Stream =>
                    await OpenStreamAsync(call, attempt, provider, Fitted(call, chat), clock, lease).ConfigureAwait(false),
                CanonicalChatRequest chat => await AnswerAsync(call, attempt, provider, Fitted(call, chat), clock).ConfigureAwait(false),
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
            var error = exceptions.Explain(e, call, provider.Name, clock);
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

    private static async ValueTask<CallResponse> AnswerAsync(
        ModelCall call, Attempt attempt, IChatClientProvider provider, CanonicalChatRequest chat, AttemptClock clock)
    {
        var options = OptionsFor(attempt, chat);
        var response = await Client(attempt, provider).GetResponseAsync(chat.Messages, options, clock.Token).ConfigureAwait(false);
        attempt.ServiceTier = ServiceTiers.In(response.AdditionalProperties);
        if (FailureOf(response, call, provider) is { } failure)
        {
            // Billed all the same.
            attempt.Observe(TokenUsage.From(response.Usage));
            throw failure;
        }

        var answer = new CanonicalChatAnswer(WithOwnIds(response, DistinctCallIds.Of(chat)));
        // Between two programs in one process the client's own calls, and its errors, are part of the answer.
        if (call.ClientDialect != DialectId.Canonical)
        {
            MadeCalls.LeaveOut(answer.Response);
            WireContents.Fit(answer.Response);
        }

        attempt.SaidCharacters = SaidCount.Of(response);
        attempt.Observe(answer.Usage);
        return new AnswerResponse(answer);
    }

    private async ValueTask<CallResponse> OpenStreamAsync(
        ModelCall call, Attempt attempt, IChatClientProvider provider, CanonicalChatRequest chat, AttemptClock clock, ProviderLease lease)
    {
        var updates = Client(attempt, provider)
            .GetStreamingResponseAsync(chat.Messages, OptionsFor(attempt, chat), clock.Token)
            .GetAsyncEnumerator(clock.Token);
        try
        {
            var errors = new ReportedErrors();
            var opening = await ReadOpeningAsync(call, attempt, provider, updates, errors, clock).ConfigureAwait(false);
            clock.Enter(ClockPhase.Idle, call.Snapshot.Clocks.Idle);
            clock.Pause();
            return new ClientUpdates(call, attempt, updates, opening, errors, DistinctCallIds.Of(chat), clock, lease, exceptions);
        }
        catch
        {
            await updates.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Reads up to the first update with content, a finish reason or a continuation token: until then another target may still be tried.
    /// </summary>
    /// <exception cref="CallException">The stream is empty, or ended with an error.</exception>
    private static async ValueTask<Queue<ChatResponseUpdate>> ReadOpeningAsync(
        ModelCall call,
        Attempt attempt,
        IChatClientProvider provider,
        IAsyncEnumerator<ChatResponseUpdate> updates,
        ReportedErrors errors,
        AttemptClock clock)
    {
        var opening = new Queue<ChatResponseUpdate>(1);
        try
        {
            while (await updates.MoveNextAsync().ConfigureAwait(false))
            {
                var update = updates.Current;
                opening.Enqueue(update);
                errors.Take(update);
                if (update.FinishReason is not null || update.ContinuationToken is not null
                    || update.Contents.Any(ReportedErrors.IsSaid) || opening.Count == OpeningLimit)
                {
                    return opening;
                }

                // As over HTTP: it shows that the client is working.
                if (call.Snapshot.Clocks.CommentsCount)
                    clock.Restart();
            }

            if (errors.Ending(call, provider.Name) is { } error)
                throw new CallException(error);
            return opening.Count > 0 ? opening : throw AnswerErrors.Empty();
        }
        catch
        {
            // Billed all the same.
            foreach (var usage in opening.SelectMany(static update => update.Contents).OfType<UsageContent>())
                attempt.Observe(TokenUsage.From(usage.Details));
            throw;
        }
    }

    /// <summary>The failure that a whole answer is; null if it is none.</summary>
    private static CallException? FailureOf(ChatResponse response, ModelCall call, IChatClientProvider provider)
    {
        // A client that works in the background returns a token to ask again with, and the content later.
        if (response.ContinuationToken is not null)
            return null;
        if (response.Messages.Count == 0)
            return AnswerErrors.Empty();
        return ReportedErrors.EndingOf(response, call, provider.Name) is { } error ? new CallException(error) : null;
    }

    /// <summary>Counts tokens with the client's service for it. A client without one is not called, because every call costs.</summary>
    private static async ValueTask<CallResponse> CountAsync(
        ModelCall call, Attempt attempt, IChatClientProvider provider, CanonicalChatRequest chat, AttemptClock clock)
    {
        if (!provider.CountsTokens || Client(attempt, provider).GetService(typeof(ITokenCounter)) is not ITokenCounter counter)
            throw new CallException(UnsupportedOperation.Error(call, provider.Name));
        return new AnswerResponse(new CanonicalTokenCount(
            await counter.CountTokensAsync(chat.Messages, OptionsFor(attempt, chat), clock.Token).ConfigureAwait(false)));
    }

    private static async ValueTask<CallResponse> EmbedAsync(
        ModelCall call, Attempt attempt, IChatClientProvider provider, CanonicalEmbeddingRequest request, AttemptClock clock)
    {
        var generator = provider.GetEmbeddingGenerator(attempt.Deployment.Model)
            ?? throw new CallException(UnsupportedOperation.Error(call, provider.Name));
        KeptFields.RefuseProviderState(request.Options.AdditionalProperties, DialectId.Canonical);
        var texts = new List<string>(request.Inputs.Count);
        foreach (var input in request.Inputs)
        {
            texts.Add(input.Text ?? throw new CallException(
                CallErrorKind.InvalidRequest, $"{provider.Name} embeds texts, not token ids. Send the text itself.", "input"));
        }

        var options = request.Options.Clone();
        options.ModelId = attempt.Deployment.Model;
        var vectors = await generator.GenerateAsync(texts, options, clock.Token).ConfigureAwait(false);
        // Facts are added to it, and the generator may keep its own.
        var answer = new CanonicalEmbeddingAnswer(new GeneratedEmbeddings<Embedding<float>>(vectors)
        {
            Usage = vectors.Usage,
            AdditionalProperties = vectors.AdditionalProperties?.Clone(),
        });
        // Billed all the same if some are missing.
        attempt.Observe(answer.Usage);
        if (AnswerErrors.MissingVectors(answer.Embeddings.Count, texts.Count) is { } missing)
            throw missing;
        return new AnswerResponse(answer);
    }

    private static CanonicalChatRequest Fitted(ModelCall call, CanonicalChatRequest chat)
    {
        // A caller in this process passes numbers and files to a client in this process unchanged.
        if (call.ClientDialect != DialectId.Canonical)
        {
            RefusedNumbers.Check(chat, call.ClientDialect);
            chat = MediaFitting.Fit(chat, DialectId.Canonical);
        }

        return DistinctCallIds.Fit(chat, DialectId.Canonical);
    }

    /// <summary>
    /// A copy of the answer with distinct call ids, to which facts can be added. The client may keep its own objects, so they are not
    /// changed.
    /// </summary>
    private static ChatResponse WithOwnIds(ChatResponse response, DistinctCallIds ids)
    {
        List<ChatMessage> messages = [.. response.Messages];
        for (var i = 0; i < messages.Count; i++)
        {
            var contents = ids.Restored(messages[i].Contents);
            if (ReferenceEquals(contents, messages[i].Contents))
                continue;
            messages[i] = messages[i].Clone();
            messages[i].Contents = contents;
        }

        return new ChatResponse(messages)
        {
            ResponseId = response.ResponseId,
            ConversationId = response.ConversationId,
            ModelId = response.ModelId,
            CreatedAt = response.CreatedAt,
            FinishReason = response.FinishReason,
            Usage = response.Usage,
            ContinuationToken = response.ContinuationToken,
            RawRepresentation = response.RawRepresentation,
            AdditionalProperties = response.AdditionalProperties?.Clone(),
        };
    }

    private static IChatClient Client(Attempt attempt, IChatClientProvider provider) =>
        provider.GetChatClient(attempt.Deployment.Model);

    private static ChatOptions OptionsFor(Attempt attempt, CanonicalChatRequest chat)
    {
        KeptFields.RefuseProviderState(chat, DialectId.Canonical);
        var own = chat.Options.Clone();
        own.ModelId = attempt.Deployment.Model;
        return own;
    }
}
