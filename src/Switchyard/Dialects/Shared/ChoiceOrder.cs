using Microsoft.Extensions.AI;
using Switchyard.Canonical;

namespace Switchyard.Dialects.Shared;

/// <summary>The order of an answer's choices, which a provider may list in any.</summary>
internal static class ChoiceOrder
{
    /// <summary>
    /// Sorts the messages of several choices by their index. The finish reason of the answer becomes that of the first choice, the only one
    /// that formats of one choice show.
    /// </summary>
    public static void Sort(ChatResponse response)
    {
        List<ChatMessage> sorted = [.. response.Messages.OrderBy(message => AnswerLosses.ChoiceOf(message.AdditionalProperties))];
        response.Messages = sorted;
        if (sorted[0].AdditionalProperties?.TryGetValue(CanonicalKeys.FinishReason, out var own) == true)
            response.FinishReason = own as ChatFinishReason?;
    }
}
