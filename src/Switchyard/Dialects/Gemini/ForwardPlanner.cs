using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Targets;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// Decides what must change in a client's bytes before they go to a target of the same format: as a rule nothing, because the address names
/// the model. A request for another form of answer than the provider is asked for is translated, and so is a conversation that another
/// model began, whose calls lack the signature that this model requires.
/// </summary>
internal static class ForwardPlanner
{
    public static ForwardEdits? Plan(CallEnvelope envelope, ReadOnlySpan<byte> body, EgressTarget target)
    {
        var isOurForm = envelope.Operation == CallOperation.Chat && !(envelope.Stream && envelope.AnswerForm == AnswerForms.Array);
        if (!isOurForm || target.Quirks.UnsupportedParams.Count > 0 || target.Quirks.BodyFields.Count > 0)
            return null;
        if (ModelTraits.Of(target).ChecksSignatures && ThoughtSignatures.AreMissing(body))
            return null;
        if (envelope.ModelRange.Equals(default))
            return ForwardEdits.None;
        var (start, length) = envelope.ModelRange.GetOffsetAndLength(body.Length);
        var model = WireJson.Quote(ModelPath.ResourceOf(target.Model));
        return new ForwardEdits([new ForwardEdit(start, length, model)]);
    }
}
