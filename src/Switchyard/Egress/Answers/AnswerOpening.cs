using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Framing;
using Switchyard.Egress.Exchange;

namespace Switchyard.Egress.Answers;

/// <summary>Opens the answer of an attempt, forwarded or decoded, whole or streamed; or throws its error.</summary>
internal static class AnswerOpening
{
    /// <summary>The error text for an answer that is a web page.</summary>
    public const string WebPage = "answered with a web page instead of its API's format";

    private const int ErrorBodyLimit = 64 * 1024;

    /// <param name="exchange">The attempt. It takes ownership of the response.</param>
    /// <param name="response">The response, whose headers have been received.</param>
    /// <exception cref="CallException">The provider answered with an error, or with something that is not its dialect.</exception>
    public static async ValueTask<CallResponse> OpenAsync(UpstreamExchange exchange, HttpResponseMessage response)
    {
        await exchange.ReceiveAsync(response).ConfigureAwait(false);
        if (exchange.Status is < 200 or >= 300)
            throw new CallException(await ReadErrorAsync(exchange).ConfigureAwait(false));
        // The other 2xx statuses mean no body, or a part of one, which cannot be passed on as an answer.
        if (exchange.Status is not (200 or 201 or 202 or 203))
            throw new CallException(exchange.Malformed($"answered with status {exchange.Status}, which its API does not use"));

        var envelope = exchange.Call.Envelope;
        // Some servers send a transcript under this type; its first bytes show whether it is a page.
        if (ContentTypes.IsHtml(exchange.ContentType) && !CallOperations.AnswersText(envelope.Operation))
            throw new CallException(exchange.Malformed(WebPage));
        if (CallOperations.ForwardsAnswer(envelope.Operation))
            return await OpenForwardOnlyAsync(exchange).ConfigureAwait(false);
        var streamed = envelope.Stream && !ContentTypes.IsJson(exchange.ContentType);
        // A forwarded stream under its own type is not held up for this: ForwardedStream notices that it holds no event.
        if (streamed && ContentTypes.IsEventStream(exchange.Dialect.StreamMediaType)
            && (exchange.Attempt.Mode != EgressMode.Forward || !ContentTypes.IsEventStream(exchange.ContentType)))
        {
            return await OpenUntypedAsync(exchange).ConfigureAwait(false);
        }

        return (exchange.Attempt.Mode, streamed) switch
        {
            (EgressMode.Forward, true) => await ForwardedStream.OpenAsync(exchange).ConfigureAwait(false),
            (EgressMode.Forward, false) when !envelope.Stream => await ForwardedBody.OpenAsync(exchange).ConfigureAwait(false),
            (_, true) => await DecodedStream.OpenAsync(exchange).ConfigureAwait(false),
            _ => await DecodedAnswer.OpenAsync(exchange).ConfigureAwait(false),
        };
    }

    /// <summary>
    /// Opens an answer that should be a stream, and whose content type is not that of JSON; some servers give a whole answer the type of a
    /// stream. The first byte decides: events never begin like an object.
    /// </summary>
    private static async ValueTask<CallResponse> OpenUntypedAsync(UpstreamExchange exchange)
    {
        if (await exchange.BeginsWithObjectAsync().ConfigureAwait(false))
            return await DecodedAnswer.OpenAsync(exchange).ConfigureAwait(false);
        return exchange.Attempt.Mode == EgressMode.Forward
            ? await ForwardedStream.OpenAsync(exchange).ConfigureAwait(false)
            : await DecodedStream.OpenAsync(exchange).ConfigureAwait(false);
    }

    /// <summary>Decides by content type, because the operations that are only forwarded ask for streams in several ways.</summary>
    private static async ValueTask<CallResponse> OpenForwardOnlyAsync(UpstreamExchange exchange)
    {
        if (ContentTypes.IsEventStream(exchange.ContentType))
            return await ForwardedStream.OpenAsync(exchange).ConfigureAwait(false);
        return CallOperations.AnswersAnyMedia(exchange.Call.Envelope.Operation) && !ContentTypes.IsJson(exchange.ContentType)
            ? await ForwardedMedia.OpenAsync(exchange).ConfigureAwait(false)
            : await ForwardedBody.OpenAsync(exchange).ConfigureAwait(false);
    }

    private static async ValueTask<CallError> ReadErrorAsync(UpstreamExchange exchange)
    {
        if (exchange.Status is < 400)
            return exchange.Malformed($"answered with status {exchange.Status}, which its API does not use");
        if (exchange.Status == 508)
        {
            return new CallError(
                CallErrorKind.LoopDetected,
                $"{exchange.Provider} leads back to a gateway the request has passed before. Correct its base_url.")
            {
                Provider = exchange.Provider,
                UpstreamStatus = exchange.Status,
            };
        }

        var body = await exchange.ReadErrorAsync(ErrorBodyLimit).ConfigureAwait(false);
        var data = DataOf(exchange, body);
        // Some providers report what a failed request has used, and bill it.
        var probe = exchange.Dialect.CreateProbe(exchange.Call.Envelope.Operation);
        if (!data.IsEmpty && probe.ObserveBody(data.Span))
            exchange.Observe(probe);
        var error = exchange.Dialect.DecodeError(exchange.Status, data.Span, exchange.Target);
        return error with
        {
            RetryAfter = exchange.RetryAfter() ?? error.RetryAfter,
            Provider = exchange.Provider,
            UpstreamStatus = exchange.Status,
        };
    }

    /// <summary>The data of an error's body: if a stream was requested, some servers write the error as its only event.</summary>
    private static ReadOnlyMemory<byte> DataOf(UpstreamExchange exchange, ReadOnlyMemory<byte> body)
    {
        if (!ContentTypes.IsEventStream(exchange.ContentType))
            return body;
        var frames = new SseFrameReader();
        frames.Feed(body);
        return frames.TryRead(out var frame) || frames.Finish(out frame) ? frame.Data.ToArray() : body;
    }
}
