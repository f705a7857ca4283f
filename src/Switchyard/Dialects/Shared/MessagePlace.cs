using Microsoft.Extensions.AI;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.Shared;

/// <summary>
/// The position of a message in the client's request. If a decoder made one message of several, the later ones have moved up; they are
/// still reported at the client's positions.
/// </summary>
internal static class MessagePlace
{
    /// <summary>An internal mark, not a wire field, so no format writes it or reports it as lost.</summary>
    private const string Moved = "moved_up";

    /// <summary>The message's path, for the loss report and for refusals: <c>messages[3]</c>.</summary>
    /// <param name="message">The message.</param>
    /// <param name="at">Its current index.</param>
    public static string Of(ChatMessage message, int at) => $"messages[{at + (message.AdditionalProperties.Number(Moved) ?? 0)}]";

    /// <summary>Records by how many places the message has moved up.</summary>
    public static void MoveUp(ChatMessage message, int places)
    {
        if (places > 0)
            (message.AdditionalProperties ??= [])[Moved] = places;
    }
}
