using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Common;
using Switchyard.Egress.Exchange;
using Switchyard.Egress.Fitting;
using Switchyard.Egress.Media;
using Switchyard.Providers.Http;

namespace Switchyard.Egress;

/// <summary>The body and headers of one attempt's request: the client's bytes with a few replacements, or a translated body.</summary>
/// <param name="Mode">Forward or translate.</param>
/// <param name="Content">The request's body, ready to send.</param>
/// <param name="Headers">The headers that carry fields of the request, in the target's dialect.</param>
/// <param name="HidesUsageFrame">Whether we, not the client, asked for the usage frame, so that it must not reach the client.</param>
internal readonly record struct EgressPlan(
    EgressMode Mode, HttpContent Content, IReadOnlyList<KeyValuePair<string, string>> Headers, bool HidesUsageFrame)
{
    /// <summary>
    /// Decides between forward and translate; the only place that does. A request is forwarded if it is in the target's dialect, no
    /// middleware has replaced it, it needs only top-level edits and it holds nothing its model is known to refuse. Any other is encoded
    /// from the canonical form, never from another target's body.
    /// </summary>
    /// <param name="exchange">The attempt: its call, its target and the target's dialect.</param>
    /// <param name="preparation">Completes a canonical request for the target; not used when forwarding.</param>
    /// <exception cref="CallException">The request cannot be expressed for this target.</exception>
    public static ValueTask<EgressPlan> DecideAsync(UpstreamExchange exchange, RequestPreparation preparation)
    {
        var (call, egress) = (exchange.Call, exchange.Dialect);
        var headers = egress.GetHeaders(call.Envelope, exchange.Target, exchange.Attempt.Losses);
        if (call.Body.Streamed is { } upload && call.Body.Dialect == egress.Id)
        {
            RefuseLosses(exchange);
            var content = new StreamedContent(upload, exchange.Target.Model);
            return new(new EgressPlan(EgressMode.Forward, content, headers, HidesUsageFrame: false));
        }

        if (call.Body.Wire is not { } wire || call.Body.Dialect != egress.Id || call.MustDecode
            || egress.PlanForward(call.Envelope, wire.Memory.Span, exchange.Target) is not { } edits
            || RequestFitting.IsNeeded(call.Body, wire.Memory.Span, exchange.Target, egress.Id))
        {
            if (CallOperations.IsForwardOnly(call.Envelope.Operation))
                throw new CallException(UnsupportedOperation.ForwardOnly(call, exchange.Provider));
            return TranslateAsync(exchange, preparation, headers);
        }

        RefuseLosses(exchange);
        return new(new EgressPlan(EgressMode.Forward, RequestContent.Spliced(wire, edits.Edits), headers, edits.HidesUsageFrame));
    }

    /// <summary>The next part of a request that is sent in several.</summary>
    public static EgressPlan Next(EmbeddingParts parts) =>
        new(EgressMode.Translate, parts.Next(), parts.Headers, HidesUsageFrame: false);

    private static async ValueTask<EgressPlan> TranslateAsync(
        UpstreamExchange exchange, RequestPreparation preparation, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        // Set first: a request that is refused during encoding counts as translated, too.
        exchange.Attempt.Mode = EgressMode.Translate;
        var request = await preparation.PrepareAsync(exchange).ConfigureAwait(false);
        if (request is CanonicalEmbeddingRequest embedding && exchange.Dialect.MostTexts(exchange.Target) is { } most and > 0
            && embedding.Inputs.Count > most)
        {
            return InParts(exchange, embedding, most, headers);
        }

        var content = Encoded(exchange, request);
        try
        {
            RefuseLosses(exchange);
        }
        catch
        {
            content.Dispose();
            throw;
        }

        return new(EgressMode.Translate, content, headers, HidesUsageFrame: false);
    }

    /// <summary>The first part of a request with more texts than the target embeds at once.</summary>
    /// <exception cref="CallException">A text cannot be sent, or there are too many.</exception>
    private static EgressPlan InParts(
        UpstreamExchange exchange, CanonicalEmbeddingRequest request, int most, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        if (request.Inputs.Count > EmbeddingParts.MostTexts)
        {
            throw new CallException(
                CallErrorKind.InvalidRequest,
                $"{exchange.Provider} embeds {most} texts at once, and only up to {EmbeddingParts.MostTexts} are sent to it in parts. "
                    + "Send them in several requests.",
                "input");
        }

        exchange.Parts = new EmbeddingParts(headers);
        for (var first = 0; first < request.Inputs.Count; first += most)
        {
            var part = request.Part(first, most);
            exchange.Parts.Add(part, Encoded(exchange, part));
        }

        RefuseLosses(exchange);
        return Next(exchange.Parts);
    }

    private static RequestContent Encoded(UpstreamExchange exchange, CanonicalRequest request)
    {
        using var output = new PooledWriter();
        exchange.Dialect.EncodeRequest(request, exchange.Target, exchange.Attempt.Losses, output);
        return RequestContent.Whole(output.Detach());
    }

    /// <summary>In strict mode, fails the attempt when a field could not be carried.</summary>
    private static void RefuseLosses(UpstreamExchange exchange)
    {
        if (!exchange.Call.Strict || !exchange.Attempt.HasLosses)
            return;
        var losses = exchange.Attempt.Losses;
        throw new CallException(
            CallErrorKind.InvalidRequest,
            $"{exchange.Provider} cannot be given {string.Join(", ", losses.Fields)}. "
                + "Remove the field, choose another model, or turn strict off.",
            losses.Fields[0]);
    }
}
