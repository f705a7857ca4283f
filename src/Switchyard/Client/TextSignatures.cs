using Microsoft.Extensions.AI;
using Switchyard.Canonical;

namespace Switchyard.Client;

/// <summary>
/// The signature of a streamed text, which often comes with a last, empty piece. <c>ToChatResponse</c> joins the pieces to one text with
/// the members of the first, but keeps the members of updates: the signature is repeated there, so that the message is sent back with it.
/// </summary>
internal static class TextSignatures
{
    public static void Repeat(ChatResponseUpdate update)
    {
        // Without an id the members of updates become those of the response, not of the message.
        if (string.IsNullOrEmpty(update.MessageId))
            return;
        for (var i = 0; i < update.Contents.Count; i++)
        {
            if (update.Contents[i] is not TextContent { AdditionalProperties: { } kept }
                || !kept.TryGetValue(CanonicalKeys.Signature, out var signature))
            {
                continue;
            }

            var members = update.AdditionalProperties ??= [];
            members[CanonicalKeys.Signature] = signature;
            if (kept.TryGetValue(CanonicalKeys.ReasoningOrigin, out var origin))
                members[CanonicalKeys.ReasoningOrigin] = origin;
        }
    }
}
