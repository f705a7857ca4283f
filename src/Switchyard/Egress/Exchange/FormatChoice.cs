using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;
using Switchyard.Providers.Http;
using Switchyard.Targets;

namespace Switchyard.Egress.Exchange;

/// <summary>
/// The format a model must be asked in, if its facts name one and the provider speaks it. Some models are served in one format only, others
/// for some requests only. A stored answer can also be continued in one format only, and a provider's own tools be used.
/// </summary>
internal static class FormatChoice
{
    /// <summary>The format; null if any will do, as for almost every model.</summary>
    /// <exception cref="CallException">The client's bytes are not a request of its format.</exception>
    public static DialectId? Of(ModelCall call, ModelFacts facts, HttpEndpoint endpoint)
    {
        // A caller in process has no wire format that would decide it. Models that search by themselves are served in chat only.
        if (call.ClientDialect == DialectId.Canonical && call.Envelope.Operation == CallOperation.Chat
            && facts.Format is not { When: ModelFormatCondition.Always } && NeedsResponses(call)
            && endpoint.Dialects.Contains(DialectId.OpenAIResponses))
        {
            return DialectId.OpenAIResponses;
        }

        if (facts.Format is not { } format || call.Envelope.Operation is not (CallOperation.Chat or CallOperation.CountTokens)
            || call.ClientDialect == format.Dialect || !endpoint.Dialects.Contains(format.Dialect))
        {
            return null;
        }

        return IsMet(call.Body, facts, format.When) ? format.Dialect : null;
    }

    /// <summary>Whether it continues a stored answer, or has a tool of the provider that no other of its formats has.</summary>
    private static bool NeedsResponses(ModelCall call) => call.Envelope.ContinuedId is not null
        || (call.Body.GetCanonical() is CanonicalChatRequest { Options.Tools: { } tools } && tools.Any(HostedTools.AreOfResponses));

    private static bool IsMet(CallBody body, ModelFacts facts, ModelFormatCondition condition)
    {
        if (condition == ModelFormatCondition.Always)
            return true;
        // A body that does not hold the words is not decoded: it may be forwarded.
        if (body.Wire is { } wire && !MayHold(wire.Memory.Span, facts, condition))
            return false;
        if (body.GetCanonical() is not CanonicalChatRequest { Options: { Tools.Count: > 0 } options } request)
            return false;
        // Values from a caller in this process count like those from a wire; losses are named when the request is encoded.
        if (body.Dialect == DialectId.Canonical)
            options = ((CanonicalChatRequest)PlainValues.ToJson(request, new LossReport())).Options;
        return condition == ModelFormatCondition.Tools || ReasoningRequest.Read(options).Reasons(facts);
    }

    private static bool MayHold(ReadOnlySpan<byte> body, ModelFacts facts, ModelFormatCondition condition)
    {
        if (body.IndexOf("tools"u8) < 0 && body.IndexOf("functions"u8) < 0)
            return false;
        return condition == ModelFormatCondition.Tools || facts.DefaultEffort != "none"
            || body.IndexOf("effort"u8) >= 0 || body.IndexOf("thinking"u8) >= 0 || body.IndexOf("\"reasoning\""u8) >= 0;
    }
}
