using System.Buffers;
using Switchyard.Calls;
using Switchyard.Dialects;

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
    /// <exception cref="CallException">The request cannot be expressed for this target.</exception>
    public static EgressPlan Decide(ModelCall call, IEgressDialect egress, EgressTarget target, LossReport losses)
    {
        var headers = egress.GetHeaders(call.Envelope, target, losses);
        if (call.Body.Streamed is { } upload && call.Body.Dialect == egress.Id)
        {
            RefuseLosses(call, target, losses);
            return new(EgressMode.Forward, new StreamedContent(upload, target.Model), headers, HidesUsageFrame: false);
        }

        if (call.Body.Wire is { } wire && call.Body.Dialect == egress.Id
            && egress.PlanForward(call.Envelope, wire.Memory.Span, target) is { } edits)
        {
            RefuseLosses(call, target, losses);
            return new(EgressMode.Forward, RequestContent.Spliced(wire, edits.Edits), headers, edits.HidesUsageFrame);
        }

        if (CallOperations.IsForwardOnly(call.Envelope.Operation))
            throw new CallException(UnsupportedOperation.ForwardOnly(call, target.Provider));
        var output = new ArrayBufferWriter<byte>(1024);
        egress.EncodeRequest(call.Body.GetCanonical(), target, losses, output);
        RefuseLosses(call, target, losses);
        return new(EgressMode.Translate, RequestContent.Whole(output.WrittenMemory), headers, HidesUsageFrame: false);
    }

    /// <summary>In strict mode whatever could not be carried is a refusal instead.</summary>
    private static void RefuseLosses(ModelCall call, EgressTarget target, LossReport losses)
    {
        if (!call.Strict || losses.IsEmpty)
            return;
        throw new CallException(
            CallErrorKind.InvalidRequest,
            $"{target.Provider} cannot be given {string.Join(", ", losses.Fields)}. Remove the field, choose another model, or turn strict off.",
            losses.Fields[0]);
    }
}
