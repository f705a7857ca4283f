using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;

namespace Switchyard.Dialects.BedrockConverse;

/// <summary>The turns of a conversation that can be sent: without foreign reasoning, alternating again, the user first.</summary>
internal static class SendableTurns
{
    /// <exception cref="CallException">No turn remains, or the first one is the assistant's.</exception>
    public static List<Turn> Of(List<Turn> turns, LossReport losses)
    {
        var kept = new List<Turn>(turns.Count);
        var reported = new HashSet<ChatMessage>(ReferenceEqualityComparer.Instance);
        foreach (var turn in turns)
        {
            var contents = Sendable(turn.Contents, losses);
            foreach (var item in turn.Contents)
            {
                if (reported.Add(item.Message))
                    ReportMembers(item, losses);
            }

            if (contents.Count == 0)
                continue;
            if (kept.Count > 0 && kept[^1].IsAssistant == turn.IsAssistant)
                kept[^1].Contents.AddRange(contents);
            else
                kept.Add(new Turn(turn.IsAssistant, contents));
        }

        if (kept.Count == 0)
        {
            throw new CallException(
                CallErrorKind.InvalidRequest, "The request has no message with content for the model to answer.", "messages");
        }

        if (kept[0].IsAssistant)
        {
            throw new CallException(
                CallErrorKind.InvalidRequest, "The conversation begins with the assistant. Begin it with a user message.",
                "messages[0].role");
        }

        return kept;
    }

    /// <summary>Whether reasoning comes from this format and may go back to it.</summary>
    public static bool IsOurs(TextReasoningContent reasoning) =>
        reasoning.ProtectedData is { Length: > 0 } && SignedContent.IsFrom(reasoning, DialectId.BedrockConverse);

    private static List<TurnContent> Sendable(List<TurnContent> contents, LossReport losses)
    {
        var sendable = new List<TurnContent>(contents.Count);
        for (var i = 0; i < contents.Count; i++)
        {
            if (contents[i].Content is not TextReasoningContent reasoning || IsOurs(reasoning) || BelongsToSignature(contents, i))
                sendable.Add(contents[i]);
            else
                losses.Drop(MessagePath(contents[i].Path) + ".reasoning");
        }

        return sendable;
    }

    private static string MessagePath(string path) =>
        path.LastIndexOf(".content", StringComparison.Ordinal) is > 0 and var end ? path[..end] : path;

    /// <summary>Whether unsigned text is the beginning of a block whose signature is the next item of reasoning.</summary>
    private static bool BelongsToSignature(List<TurnContent> contents, int at)
    {
        if (contents[at].Content is TextReasoningContent { ProtectedData.Length: > 0 })
            return false;
        for (var i = at + 1; i < contents.Count && contents[i].Content is TextReasoningContent next; i++)
        {
            if (next.ProtectedData is { Length: > 0 })
            {
                return next.Text.Length == 0 && IsOurs(next)
                    && next.AdditionalProperties?.ContainsKey(CanonicalKeys.RedactedReasoning) != true;
            }
        }

        return false;
    }

    private static void ReportMembers(TurnContent item, LossReport losses)
    {
        var at = item.Path.IndexOf(']', StringComparison.Ordinal);
        var path = at > 0 ? item.Path[..(at + 1)] : item.Path;
        if (!string.IsNullOrEmpty(item.Message.AuthorName))
            losses.Drop(path + ".name");
        KeptFields.ReportForeign(item.Message.AdditionalProperties, DialectId.BedrockConverse, losses, path);
        KeptFields.ReportUnprefixed(
            item.Message.AdditionalProperties, (name, _) => name is CanonicalKeys.CacheControl or "reasoning_details", losses, path);
    }
}
