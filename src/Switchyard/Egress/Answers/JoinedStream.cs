using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.Shared;
using Switchyard.Egress.Exchange;

namespace Switchyard.Egress.Answers;

/// <summary>
/// A stream in place of a whole answer, read into one: some servers always stream, and some send a stream under the content
/// type of JSON.
/// </summary>
internal static class JoinedStream
{
    // Gemini's members belong to a candidate, so they are kept on the message; those of the answer come in an update without a role.
    private static readonly string s_ofCandidate = CanonicalKeys.Own(DialectId.Gemini, "");

    /// <summary>Whether a body begins like a stream of events, as no JSON does.</summary>
    public static bool Begins(ReadOnlySpan<byte> body)
    {
        body = body.TrimStart(" \t\r\n\uFEFF"u8);
        return body.StartsWith("data:"u8) || body.StartsWith("event:"u8) || body.StartsWith(":"u8) || body.StartsWith("id:"u8)
            || body.StartsWith("retry:"u8);
    }

    /// <summary>Reads the stream of a chat or completion.</summary>
    /// <param name="exchange">The attempt.</param>
    /// <param name="body">All of it.</param>
    /// <returns>Null if it is not a stream.</returns>
    /// <exception cref="CallException">The stream holds an error, breaks off or is empty.</exception>
    public static CanonicalChatAnswer? Read(UpstreamExchange exchange, ReadOnlyMemory<byte> body)
    {
        var operation = exchange.Call.Envelope.Operation;
        if (operation is not (CallOperation.Chat or CallOperation.Completion))
            return null;
        var decoder = exchange.Dialect.CreateStreamDecoder(operation);
        var updates = new List<ChatResponseUpdate>();
        if (!TryDecode(exchange, body, decoder, updates, out var error))
            return null;
        if ((error ?? decoder.Finish(updates)) is { } failure)
        {
            exchange.Attempt.Observe(decoder.Usage);
            throw new CallException(DecodedStream.BeforeContent(failure));
        }

        if (!updates.Exists(update => DecodedStream.IsContent(update, exchange)))
        {
            exchange.Attempt.Observe(decoder.Usage);
            throw new CallException(exchange.Malformed("returned an empty response"));
        }

        var answer = Join(updates);
        if (!decoder.Usage.IsEmpty)
            answer.Usage = decoder.Usage.ToUsageDetails();
        return new CanonicalChatAnswer(answer);
    }

    /// <returns>Whether it holds a frame.</returns>
    private static bool TryDecode(
        UpstreamExchange exchange, ReadOnlyMemory<byte> body, IStreamDecoder decoder, List<ChatResponseUpdate> updates,
        out CallError? error)
    {
        var frames = exchange.Dialect.CreateFrameReader();
        var tiers = exchange.ServiceTierProbe();
        var any = false;
        error = null;
        frames.Feed(body);
        try
        {
            while (error is null && !decoder.IsTerminated && (frames.TryRead(out var frame) || frames.Finish(out frame)))
            {
                any = true;
                tiers?.Observe(frame);
                error = decoder.Decode(frame, updates);
            }
        }
        catch (CallException unreadable)
        {
            error = unreadable.Error;
        }

        exchange.Attempt.ServiceTier = tiers?.ServiceTier;
        return any;
    }

    /// <summary>One answer of all updates: a message per choice, and the members of the answer.</summary>
    private static ChatResponse Join(List<ChatResponseUpdate> updates)
    {
        var answer = new ChatResponse();
        var choices = updates.GroupBy(update => AnswerLosses.ChoiceOf(update.AdditionalProperties)).OrderBy(choice => choice.Key).ToList();
        foreach (var choice in choices)
        {
            var kept = new AdditionalPropertiesDictionary();
            var pieces = choice.ToList();
            foreach (var update in pieces)
                TakeMembers(update, kept, answer);
            var part = pieces.ToChatResponse();
            answer.ResponseId ??= part.ResponseId;
            answer.ConversationId ??= part.ConversationId;
            answer.ModelId ??= part.ModelId;
            answer.CreatedAt ??= part.CreatedAt;
            answer.FinishReason ??= part.FinishReason;
            if (choices.Count > 1)
            {
                kept[CanonicalKeys.ChoiceIndex] = choice.Key;
                if (part.FinishReason is { } reason)
                    kept[CanonicalKeys.FinishReason] = reason;
            }

            foreach (var message in part.Messages)
            {
                message.AdditionalProperties = kept.Count > 0 ? new(kept) : null;
                answer.Messages.Add(message);
            }
        }

        return answer;
    }

    /// <summary>Takes out of an update the members beside the contents, and the pieces of calls, which also come whole.</summary>
    private static void TakeMembers(ChatResponseUpdate update, AdditionalPropertiesDictionary kept, ChatResponse answer)
    {
        for (var i = update.Contents.Count - 1; i >= 0; i--)
        {
            var content = update.Contents[i];
            if (content is UsageContent { AdditionalProperties: { } raw })
                Keep(raw, answer);
            if (content is ToolCallFragment or UsageContent)
                update.Contents.RemoveAt(i);
        }

        var members = update.AdditionalProperties;
        update.AdditionalProperties = null;
        if (members is null)
            return;
        foreach (var (name, value) in members)
        {
            // Pieces, of which only the last would remain, and heartbeats do not belong to a whole answer.
            if (name.StartsWith(CanonicalKeys.DeltaPrefix, StringComparison.Ordinal)
                || name is CanonicalKeys.LogProbs or CanonicalKeys.ChoiceIndex or CanonicalKeys.Ping)
            {
                continue;
            }

            if (name == CanonicalKeys.StopSequence || name.StartsWith(CanonicalKeys.ChoicePrefix, StringComparison.Ordinal)
                || (update.Role is not null && name.StartsWith(s_ofCandidate, StringComparison.Ordinal)))
            {
                kept[name] = value;
            }
            else
            {
                Keep(name, value, answer);
            }
        }
    }

    private static void Keep(AdditionalPropertiesDictionary members, ChatResponse answer)
    {
        foreach (var (name, value) in members)
            Keep(name, value, answer);
    }

    private static void Keep(string name, object? value, ChatResponse answer) => (answer.AdditionalProperties ??= [])[name] = value;
}
