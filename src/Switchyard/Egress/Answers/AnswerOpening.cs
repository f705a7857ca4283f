using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Egress.Exchange;

namespace Switchyard.Egress.Answers;

/// <summary>Opens the answer of an attempt as one of its kinds: forwarded or decoded, whole or streamed; or finds that it is none.</summary>
internal static class AnswerOpening
{
    private const int ErrorBodyLimit = 64 * 1024;

    /// <param name="exchange">The attempt; the response's headers are there.</param>
    /// <param name="mode">Whether the client's bytes were forwarded, so that the answer's may be.</param>
    /// <param name="hidesUsageFrame">Whether usage was asked for on our own account.</param>
    /// <exception cref="CallException">It is an error, or no answer of this format.</exception>
    public static async ValueTask<CallResponse> OpenAsync(UpstreamExchange exchange, EgressMode mode, bool hidesUsageFrame)
    {
        if (exchange.Status is < 200 or >= 300)
            throw new CallException(await ReadErrorAsync(exchange).ConfigureAwait(false));
        if (MediaType.IsHtml(exchange.ContentType))
            throw new CallException(exchange.Malformed("answered with a web page instead of its API's format"));

        var envelope = exchange.Call.Envelope;
        if (CallOperations.IsForwardOnly(envelope.Operation))
            return await OpenForwardOnlyAsync(exchange).ConfigureAwait(false);
        var streamed = envelope.Stream && !MediaType.IsJson(exchange.ContentType);
        return (mode, streamed) switch
        {
            (EgressMode.Forward, true) => await ForwardedStream.OpenAsync(exchange, hidesUsageFrame).ConfigureAwait(false),
            (EgressMode.Forward, false) when !envelope.Stream => await ForwardedBody.OpenAsync(exchange).ConfigureAwait(false),
            (_, true) => await DecodedStream.OpenAsync(exchange).ConfigureAwait(false),
            _ => await DecodedAnswer.OpenAsync(exchange).ConfigureAwait(false),
        };
    }

    /// <summary>Its content type says what the answer is: clients of these operations ask for streams in more ways than one.</summary>
    private static async ValueTask<CallResponse> OpenForwardOnlyAsync(UpstreamExchange exchange)
    {
        if (MediaType.IsEventStream(exchange.ContentType))
            return await ForwardedStream.OpenAsync(exchange, hidesUsageFrame: false).ConfigureAwait(false);
        return CallOperations.AnswersAnyMedia(exchange.Call.Envelope.Operation) && !MediaType.IsJson(exchange.ContentType)
            ? await ForwardedMedia.OpenAsync(exchange).ConfigureAwait(false)
            : await ForwardedBody.OpenAsync(exchange).ConfigureAwait(false);
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

        var body = await exchange.ReadWholeAsync(ErrorBodyLimit).ConfigureAwait(false) ?? ReadOnlyMemory<byte>.Empty;
        var error = exchange.Dialect.DecodeError(exchange.Status, body.Span, exchange.Target);
        return error with { RetryAfter = error.RetryAfter ?? exchange.RetryAfter(), Provider = exchange.Provider, UpstreamStatus = exchange.Status };
    }
}
