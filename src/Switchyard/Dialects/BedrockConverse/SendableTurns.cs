using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.BedrockConverse;

/// <summary>
/// Removes from the turns of a conversation what this format cannot hold, before anything is written: so no turn goes out empty, and turns
/// alternate even if one of them had nothing to send.
/// </summary>
internal static class SendableTurns
{
    /// <exception cref="CallException">No turn remains, or the first one is the assistant's.</exception>
    public static List<Turn> Of(Conversation conversation, LossReport losses)
    {
        var reported = new HashSet<ChatMessage>(ReferenceEqualityComparer.Instance);
        conversation.Retain((contents, at) =>
        {
            if (reported.Add(contents[at].Message))
                ReportMembers(contents[at], losses);
            return HasPlace(contents, at, losses);
        });
        foreach (var (message, path) in conversation.Unspoken())
            ReportMembers(message, path, losses);
        conversation.RequireTurn();
        var kept = conversation.Turns;
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

    private static bool HasPlace(List<TurnContent> contents, int at, LossReport losses)
    {
        switch (contents[at].Content)
        {
            case TextReasoningContent reasoning when !IsOurs(reasoning) && !BelongsToSignature(contents, at):
                losses.Drop(MessagePath(contents[at].Path) + ".reasoning");
                return false;
            case UsageContent or ToolCallFragment:
                return false; // They describe a past answer and are not part of the conversation.
            case TextReasoningContent or FunctionCallContent or FunctionResultContent:
                return true;
            case var content when ContentEncoder.HasPlace(content):
                return true;
            default:
                losses.Drop(contents[at].Path);
                return false;
        }
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
        if (!string.IsNullOrEmpty(item.Message.AuthorName) && item.Content is not FunctionResultContent)
            losses.Drop(path + ".name");
        ReportMembers(item.Message, path, losses);
    }

    private static void ReportMembers(ChatMessage message, string path, LossReport losses)
    {
        KeptFields.ReportForeign(message.AdditionalProperties, DialectId.BedrockConverse, losses, path);
        KeptFields.ReportUnprefixed(
            message.AdditionalProperties,
            static (name, value) => name == "reasoning_details" || KeptFields.IsCacheHint(name, value), losses, path);
    }
}
