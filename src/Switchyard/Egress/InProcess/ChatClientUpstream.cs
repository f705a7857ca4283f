using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Egress.Answers;
using Switchyard.Egress.Exchange;
using Switchyard.Egress.Fitting;
using Switchyard.Providers;

namespace Switchyard.Egress.InProcess;

/// <summary>
/// Sends one attempt to a provider that is an object in this process: the mock, or a host-supplied <see cref="IChatClient"/>. Like
/// <see cref="UpstreamClient"/> it ends the attempt and never throws.
/// </summary>
internal sealed class ChatClientUpstream(ClientExceptions exceptions)
{
    // Bounds the updates that are held without content.
    private const int OpeningLimit = 1_000;

    /// <param name="exchange">The attempt. An open stream takes ownership; otherwise the exchange is disposed here.</param>
    public async ValueTask<CallResponse> SendAsync(ClientExchange exchange)
    {
        var (call, attempt) = (exchange.Call, exchange.Attempt);
        attempt.Mode = EgressMode.Translate;
        var opened = false;
        try
        {
            if (CallOperations.ForwardsAnswer(call.Envelope.Operation))
                throw exchange.Unsupported();
            EgressCheck.Demand(call, attempt, exchange.Source);
            attempt.Sending();
            exchange.StartClock();
            CallResponse response = call.Body.GetCanonical() switch
            {
                CanonicalChatRequest { Operation: CallOperation.CountTokens } chat =>
                    await CountAsync(exchange, chat).ConfigureAwait(false),
                CanonicalChatRequest chat when call.Envelope.Stream =>
                    await OpenStreamAsync(exchange, Fitted(exchange, chat)).ConfigureAwait(false),
                CanonicalChatRequest chat => await AnswerAsync(exchange, Fitted(exchange, chat)).ConfigureAwait(false),
                CanonicalEmbeddingRequest embedding => await EmbedAsync(exchange, embedding).ConfigureAwait(false),
                _ => throw exchange.Unsupported(),
            };
            opened = response is ClientUpdates;
            attempt.Opened();
            if (!opened)
                attempt.End(AttemptOutcome.Finished, null);
            return response;
        }
        catch (Exception e)
        {
            var error = exceptions.Explain(e, exchange);
            attempt.Fail(error);
            return new FailedResponse(error);
        }
        finally
        {
            if (!opened)
                exchange.Dispose();
        }
    }

    private static async ValueTask<CallResponse> AnswerAsync(ClientExchange exchange, CanonicalChatRequest chat)
    {
        var attempt = exchange.Attempt;
        var options = exchange.OptionsFor(chat);
        var response = await exchange.GetClient().GetResponseAsync(chat.Messages, options, exchange.Clock.Token).ConfigureAwait(false);
        attempt.ServiceTier = ServiceTiers.In(response.AdditionalProperties);
        if (FailureOf(response, exchange) is { } failure)
        {
            // Billed all the same.
            attempt.Observe(TokenUsage.From(response.Usage));
            throw failure;
        }

        var answer = new CanonicalChatAnswer(WithOwnIds(response, DistinctCallIds.Of(chat)));
        // Between two programs in one process the client's own calls, and its errors, are part of the answer.
        if (!exchange.IsFromThisProcess)
        {
            ExecutedCalls.LeaveOut(answer.Response);
            WireContents.Fit(answer.Response);
        }

        attempt.OutputCharacters = OutputCount.Of(response);
        attempt.Observe(answer.Usage);
        return new AnswerResponse(answer);
    }

    private async ValueTask<CallResponse> OpenStreamAsync(ClientExchange exchange, CanonicalChatRequest chat)
    {
        var token = exchange.Clock.Token;
        var updates = exchange.GetClient()
            .GetStreamingResponseAsync(chat.Messages, exchange.OptionsFor(chat), token)
            .GetAsyncEnumerator(token);
        try
        {
            var errors = new ReportedErrors();
            var opening = await ReadOpeningAsync(exchange, updates, errors).ConfigureAwait(false);
            exchange.EnterIdle();
            return new ClientUpdates(exchange, updates, opening, errors, DistinctCallIds.Of(chat), exceptions);
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
        ClientExchange exchange, IAsyncEnumerator<ChatResponseUpdate> updates, ReportedErrors errors)
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
                    || update.Contents.Any(ReportedErrors.IsAnswerPart) || opening.Count == OpeningLimit)
                {
                    return opening;
                }

                // As over HTTP: it shows that the client is working.
                if (exchange.Call.Snapshot.Clocks.CommentsCount)
                    exchange.Clock.Restart();
            }

            if (errors.Ending(exchange.Call, exchange.Provider) is { } error)
                throw new CallException(error);
            return opening.Count > 0 ? opening : throw AnswerErrors.Empty();
        }
        catch
        {
            // Billed all the same.
            foreach (var usage in opening.SelectMany(static update => update.Contents).OfType<UsageContent>())
                exchange.Attempt.Observe(TokenUsage.From(usage.Details));
            throw;
        }
    }

    /// <summary>The failure that a whole answer is; null if it is none.</summary>
    private static CallException? FailureOf(ChatResponse response, ClientExchange exchange)
    {
        // A client that works in the background returns a token to ask again with, and the content later.
        if (response.ContinuationToken is not null)
            return null;
        if (response.Messages.Count == 0)
            return AnswerErrors.Empty();
        return ReportedErrors.EndingOf(response, exchange.Call, exchange.Provider) is { } error ? new CallException(error) : null;
    }

    /// <summary>Counts tokens with the client's service for it. A client without one is not called, because every call costs.</summary>
    private static async ValueTask<CallResponse> CountAsync(ClientExchange exchange, CanonicalChatRequest chat)
    {
        if (!exchange.Source.CountsTokens || exchange.GetClient().GetService(typeof(ITokenCounter)) is not ITokenCounter counter)
            throw exchange.Unsupported();
        return new AnswerResponse(new CanonicalTokenCount(
            await counter.CountTokensAsync(chat.Messages, exchange.OptionsFor(chat), exchange.Clock.Token).ConfigureAwait(false)));
    }

    private static async ValueTask<CallResponse> EmbedAsync(ClientExchange exchange, CanonicalEmbeddingRequest request)
    {
        var attempt = exchange.Attempt;
        var generator = exchange.Source.GetEmbeddingGenerator(attempt.Deployment.Model) ?? throw exchange.Unsupported();
        KeptFields.RefuseProviderState(request.Options.AdditionalProperties, DialectId.Canonical);
        var texts = new List<string>(request.Inputs.Count);
        foreach (var input in request.Inputs)
        {
            texts.Add(input.Text ?? throw new CallException(
                CallErrorKind.InvalidRequest, $"{exchange.Provider} embeds texts, not token ids. Send the text itself.", "input"));
        }

        var options = request.Options.Clone();
        options.ModelId = attempt.Deployment.Model;
        if (!exchange.IsFromThisProcess)
        {
            VectorShape.RefuseOtherTypes(options.AdditionalProperties, exchange.Provider);
            options.Dimensions = VectorShape.SizeOf(options);
        }

        var vectors = await generator.GenerateAsync(texts, options, exchange.Clock.Token).ConfigureAwait(false);
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

    private static CanonicalChatRequest Fitted(ClientExchange exchange, CanonicalChatRequest chat)
    {
        // A caller in this process passes numbers and files to a client in this process unchanged.
        if (!exchange.IsFromThisProcess)
        {
            RefusedNumbers.Check(chat, exchange.Call.ClientDialect);
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
}
