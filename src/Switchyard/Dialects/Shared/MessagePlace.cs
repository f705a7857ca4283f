using Microsoft.Extensions.AI;

namespace Switchyard.Dialects.Shared;

/// <summary>
/// Where a message stood in the client's request. Where a decoder made one message of several, those behind it have moved up; they are
/// still reported where the client put them.
/// </summary>
internal static class MessagePlace
{
    /// <summary>A mark and no wire field, so no format writes it or reports it as lost.</summary>
    private const string Moved = "moved_up";

    /// <summary>The message's path, for the loss report and for refusals: <c>messages[3]</c>.</summary>
    /// <param name="message">The message.</param>
    /// <param name="at">Where it stands now.</param>
    public static string Of(ChatMessage message, int at) => $"messages[{at + (message.AdditionalProperties.Number(Moved) ?? 0)}]";

    /// <summary>Notes by how many places the message has moved up.</summary>
    public static void MoveUp(ChatMessage message, int places)
    {
        if (places > 0)
            (message.AdditionalProperties ??= [])[Moved] = places;
    }
}
