using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Tools;
using Switchyard.Egress.Exchange;

namespace Switchyard.Egress.Answers;

/// <summary>Reads a whole answer into the canonical form.</summary>
internal static class DecodedAnswer
{
    /// <summary>The largest answer that is decoded, 64 MiB: decoding holds several copies of it in memory.</summary>
    private const int Limit = 64 * 1024 * 1024;

    /// <summary>
    /// Reads and decodes the answer. Where the client asked for a stream, a chat answer becomes one. The attempt ends with it, unless it
    /// answers a part of the request and another part is still to be sent.
    /// </summary>
    /// <param name="exchange">The attempt.</param>
    /// <param name="head">The beginning of the body, where it was read already.</param>
    /// <exception cref="CallException">The answer is empty, too large or malformed.</exception>
    public static async ValueTask<CallResponse> OpenAsync(UpstreamExchange exchange, ReadOnlyMemory<byte> head = default)
    {
        var body = await ReadAsync(exchange, head).ConfigureAwait(false);
        if (body.IsEmpty)
            throw new CallException(exchange.Malformed("returned an empty response"));

        var call = exchange.Call;
        var answer = Decode(exchange, body);
        if (answer is CanonicalChatAnswer { Response: var decoded })
            Restore(exchange, decoded);

        if (answer is CanonicalEmbeddingAnswer vectors)
        {
            Check(exchange, vectors);
            if (exchange.Parts is { } parts)
            {
                parts.Take(vectors);
                exchange.Attempt.Observe(parts.Usage);
                if (parts.HasNext)
                    return new AnswerResponse(vectors);
                answer = parts.Join();
            }
        }
        else if (answer is CanonicalRerankAnswer ranking)
        {
            answer = Checked(exchange, ranking);
        }

        CallResponse response = call.Envelope.Stream && answer is CanonicalChatAnswer chat
            ? new BufferedUpdates(chat.Response.ToChatResponseUpdates())
            : new AnswerResponse(answer);
        exchange.Attempt.Opened();
        exchange.Attempt.Observe(answer.Usage);
        if (exchange.ServiceTierProbe() is { } tiers && tiers.ObserveBody(body.Span))
            exchange.Attempt.ServiceTier = tiers.ServiceTier;
        exchange.Attempt.End(AttemptOutcome.Finished, null);
        exchange.Dispose();
        return response;
    }

    private static async ValueTask<ReadOnlyMemory<byte>> ReadAsync(UpstreamExchange exchange, ReadOnlyMemory<byte> head)
    {
        var end = JoinedStreamEnd.Of(exchange);
        if (!head.IsEmpty && end?.IsIn(head) == true)
            return head.ToArray();
        var body = await exchange.ReadWholeAsync(Limit, end is null ? null : end.IsIn).ConfigureAwait(false)
            ?? throw new CallException(exchange.Malformed($"answered more than {Limit / (1024 * 1024)} MB"));
        return head.IsEmpty ? body : (byte[])[.. head.Span, .. body.Span];
    }

    /// <summary>
    /// Undoes what was changed for the target: names of tools, and a beginning that it repeats. Notes the reasoning and the ids it issued.
    /// </summary>
    private static void Restore(UpstreamExchange exchange, ChatResponse decoded)
    {
        exchange.Attempt.OutputCharacters = OutputCount.Of(decoded);
        if (exchange.Dialect.StoresAnswers)
        {
            exchange.Attempt.Issued(decoded.ResponseId, decoded.ConversationId, exchange.Credential.Account);
            // In this format only an answer that has not ended has no reason.
            exchange.Attempt.IsUnfinished = exchange.Call.Envelope.IsBackground && decoded.FinishReason is null;
        }

        var start = RepeatedStart.Of(exchange);
        foreach (var message in decoded.Messages)
        {
            exchange.Tools?.Restore(message.Contents);
            start?.LeaveOut(message);
        }

        var budget = new ToolCallBudget();
        foreach (var content in decoded.Messages.SelectMany(message => message.Contents))
        {
            if (content is FunctionCallContent)
                budget.Begin();
            exchange.Reasoning?.Observe(content);
        }
    }

    private static void Check(UpstreamExchange exchange, CanonicalEmbeddingAnswer vectors)
    {
        if (vectors.Usage.IsEmpty && exchange.InputTokens() is { } counted)
            vectors.Embeddings.Usage = new TokenUsage { Input = counted }.ToUsageDetails();
        if (exchange.Attempt.Mode != EgressMode.Translate || exchange.Call.Body.GetCanonical() is not CanonicalEmbeddingRequest request
            || AnswerErrors.MissingVectors(vectors.Embeddings.Count, exchange.Parts?.Asked ?? request.Inputs.Count) is not { } missing)
        {
            return;
        }

        // Billed all the same.
        exchange.Observe(vectors.Usage);
        throw missing;
    }

    /// <summary>The ranking, with the documents if the client asked for them and the provider cannot return them.</summary>
    private static CanonicalRerankAnswer Checked(UpstreamExchange exchange, CanonicalRerankAnswer ranking)
    {
        if (exchange.Attempt.Mode != EgressMode.Translate || exchange.Call.Body.GetCanonical() is not CanonicalRerankRequest request)
            return ranking;
        if (AnswerErrors.UnknownDocument(ranking.Results, request.Documents.Count) is { } unknown)
        {
            exchange.Attempt.Observe(ranking.Usage);
            throw unknown;
        }

        return request.ReturnDocuments is true ? ranking.WithDocuments(request.Documents) : ranking;
    }

    private static CanonicalAnswer Decode(UpstreamExchange exchange, ReadOnlyMemory<byte> body)
    {
        var operation = exchange.Call.Envelope.Operation;
        try
        {
            return exchange.Dialect.DecodeAnswer(operation, body);
        }
        catch (CallException)
        {
            // An empty answer is billed all the same.
            var probe = exchange.Dialect.CreateProbe(operation);
            if (probe.ObserveBody(body.Span))
                exchange.Observe(probe);
            else if (JoinedStream.Read(exchange, body) is { } answer)
                return answer;
            throw;
        }
    }
}
