using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>
/// Removes from the turns of a conversation what this format cannot hold, before anything is written: so no turn goes out empty, and turns
/// alternate even if one of them had nothing to send.
/// </summary>
internal sealed class SendableTurns(LossReport losses)
{
    private readonly HashSet<ChatMessage> _reported = new(ReferenceEqualityComparer.Instance);

    /// <exception cref="CallException">No turn remains, or the first one is the assistant's.</exception>
    public static void Keep(Conversation conversation, LossReport losses)
    {
        var turns = new SendableTurns(losses);
        conversation.Retain((contents, at) => turns.Keeps(contents[at]));
        foreach (var (message, path) in conversation.Unspoken())
            turns.ReportMembers(message, path);
        conversation.RequireTurn();

        if (conversation.Turns[0].IsAssistant)
        {
            throw new CallException(
                CallErrorKind.InvalidRequest,
                "This provider wants the conversation to begin with the user. Put a user message with text first.", "messages");
        }
    }

    private bool Keeps(TurnContent item)
    {
        Report(item);
        switch (item.Content)
        {
            // Blocks that only a system message may have, such as tool_addition, are refused in the user's turn, where its text goes.
            case not (TextContent or DataContent or UriContent or HostedFileContent) when item.Message.Role == ChatRole.System:
                losses.Drop(item.Path);
                return false;
            case var content when AnthropicKeys.RawOf(content) is not null:
                return true;
            // Thinking goes back exactly as it came, or not at all: its signature covers every byte. That of another provider, or without a
            // signature, would be refused.
            case TextReasoningContent reasoning when !AnthropicKeys.IsOurs(reasoning):
                if (reasoning.Text.Length > 0 || reasoning.ProtectedData is { Length: > 0 })
                    losses.Drop(ContentEncoder.MessagePath(item.Path) + ".reasoning");
                return false;
            case TextContent or TextReasoningContent or FunctionCallContent or FunctionResultContent or DataContent or UriContent
                or HostedFileContent:
                return true;
            case UsageContent or ToolCallFragment:
                return false; // They describe a past answer and are not part of the conversation.
            default:
                losses.Drop(item.Path);
                return false;
        }
    }

    /// <summary>Reports the members beside the content, once per message.</summary>
    private void Report(TurnContent item)
    {
        var message = item.Message;
        if (message.AuthorName is null && message.AdditionalProperties is null || !_reported.Add(message))
            return;
        var path = ContentEncoder.MessagePath(item.Path);
        if (!string.IsNullOrEmpty(message.AuthorName) && item.Content is not FunctionResultContent)
            losses.Drop(path + ".name");
        ReportMembers(message, path);
    }

    private void ReportMembers(ChatMessage message, string path)
    {
        KeptFields.ReportForeign(message.AdditionalProperties, AnthropicKeys.Dialect, losses, path);
        KeptFields.ReportUnprefixed(
            message.AdditionalProperties,
            (name, value) => KeptFields.IsCacheHint(name, value) || value.ValueKind is JsonValueKind.Null
                || (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0),
            losses, path);
    }
}
