using Switchyard.Calls;
using Switchyard.Dialects.Shared;
using Switchyard.Targets;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>
/// Decides what must change in a client's bytes before they go to a target of the same format: its model's name. For a host that takes the
/// model in the path, or needs or refuses fields, the request is translated instead; so is a conversation that another model began, whose
/// thinking has no signature and would be refused, one with a blank text, adaptive thinking for a model that thinks by a budget, and a
/// budget for one that takes none.
/// </summary>
internal static class ForwardPlanner
{
    public static ForwardEdits? Plan(CallEnvelope envelope, ReadOnlySpan<byte> body, EgressTarget target)
    {
        var quirks = target.Quirks;
        if (quirks.ModelInPath || quirks.BodyFields.Count > 0 || quirks.UnsupportedParams.Count > 0 || envelope.ModelRange.Equals(default))
            return null;
        if (target.Facts is { TakesReasoningBudget: true, ReasoningEfforts.Count: 0 } && LeavesThinkingToModel(body))
            return null;
        if (target.Facts is { TakesReasoningBudget: false, ReasoningEfforts.Count: > 0 } && body.IndexOf("\"budget_tokens\""u8) >= 0)
            return null;
        if (MemberScan.CountValues(body, "\"type\""u8, "\"thinking\""u8) is > 0 and var blocks
            && blocks > MemberScan.CountTexts(body, "\"signature\""u8))
        {
            return null;
        }

        // A blank block, which other servers answer with and this format's own API refuses: translation leaves it out.
        if (MemberScan.HasBlankText(body, "\"text\""u8))
            return null;

        var (start, length) = envelope.ModelRange.GetOffsetAndLength(body.Length);
        return body.Slice(start, length).SequenceEqual(target.ModelJson.Span)
            ? ForwardEdits.None
            : new ForwardEdits([new ForwardEdit(start, length, target.ModelJson)]);
    }

    /// <summary>
    /// Whether the request asks for adaptive thinking or an effort, which models that think by a budget refuse. Claude Code sends both for
    /// a model name that it does not know.
    /// </summary>
    private static bool LeavesThinkingToModel(ReadOnlySpan<byte> body) =>
        MemberScan.CountValues(body, "\"type\""u8, "\"adaptive\""u8) > 0
        || (body.IndexOf("\"output_config\""u8) >= 0 && body.IndexOf("\"effort\""u8) >= 0);
}
