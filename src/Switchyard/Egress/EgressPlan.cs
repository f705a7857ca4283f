using System.Buffers;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Egress.Exchange;
using Switchyard.Egress.Media;
using Switchyard.Providers.Http;

namespace Switchyard.Egress;

/// <summary>How one attempt's request goes out: the client's bytes with a few replacements, or a body written anew.</summary>
/// <param name="Mode">Forward or translate.</param>
/// <param name="Content">The request's body, ready to send.</param>
/// <param name="Headers">The headers that carry parts of the request.</param>
/// <param name="HidesUsageFrame">Whether usage was asked for on our own account, so that the extra frame must not reach the client.</param>
internal readonly record struct EgressPlan(
    EgressMode Mode, HttpContent Content, IReadOnlyList<KeyValuePair<string, string>> Headers, bool HidesUsageFrame)
{
    /// <summary>
    /// The one place that decides. The same dialect on both sides, original bytes that still say what is asked, and nothing but
    /// top-level edits needed: forward. Anything else is built from the canonical form, never from another target's body.
    /// </summary>
    /// <param name="exchange">The attempt: its call, its target and the target's format.</param>
    /// <param name="preparation">Completes a canonical request for the target; not asked when forwarding.</param>
    /// <exception cref="CallException">The request cannot be expressed for this target.</exception>
    public static ValueTask<EgressPlan> DecideAsync(UpstreamExchange exchange, RequestPreparation preparation)
    {
        var (call, egress) = (exchange.Call, exchange.Dialect);
        var headers = egress.GetHeaders(call.Envelope, exchange.Target, exchange.Attempt.Losses);
        if (call.Body.Streamed is { } upload && call.Body.Dialect == egress.Id)
        {
            RefuseLosses(exchange);
            return new(new EgressPlan(EgressMode.Forward, new StreamedContent(upload, exchange.Target.Model), headers, HidesUsageFrame: false));
        }

        if (call.Body.Wire is not { } wire || call.Body.Dialect != egress.Id
            || egress.PlanForward(call.Envelope, wire.Memory.Span, exchange.Target) is not { } edits)
        {
            if (CallOperations.IsForwardOnly(call.Envelope.Operation))
                throw new CallException(UnsupportedOperation.ForwardOnly(call, exchange.Provider));
            return TranslateAsync(exchange, preparation, headers);
        }

        RefuseLosses(exchange);
        return new(new EgressPlan(EgressMode.Forward, RequestContent.Spliced(wire, edits.Edits), headers, edits.HidesUsageFrame));
    }

    private static async ValueTask<EgressPlan> TranslateAsync(
        UpstreamExchange exchange, RequestPreparation preparation, IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        var request = await preparation.PrepareAsync(exchange).ConfigureAwait(false);
        var output = new ArrayBufferWriter<byte>(1024);
        exchange.Dialect.EncodeRequest(request, exchange.Target, exchange.Attempt.Losses, output);
        RefuseLosses(exchange);
        return new(EgressMode.Translate, RequestContent.Whole(output.WrittenMemory), headers, HidesUsageFrame: false);
    }

    /// <summary>In strict mode whatever could not be carried is a refusal instead.</summary>
    private static void RefuseLosses(UpstreamExchange exchange)
    {
        if (!exchange.Call.Strict || !exchange.Attempt.HasLosses)
            return;
        var losses = exchange.Attempt.Losses;
        throw new CallException(
            CallErrorKind.InvalidRequest,
            $"{exchange.Provider} cannot be given {string.Join(", ", losses.Fields)}. Remove the field, choose another model, or turn strict off.",
            losses.Fields[0]);
    }
}
