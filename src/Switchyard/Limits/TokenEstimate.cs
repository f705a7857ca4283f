using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Limits;

/// <summary>How many tokens a call may come to, told before anybody is asked: four characters are one.</summary>
internal static class TokenEstimate
{
    private const int CharactersEach = 4;

    // Of what is no chat and has no bytes here: an upload, an in-process embedding.
    private const long Unknown = 1000;

    /// <summary>The tokens of the prompt, and of an answer as they are of late, or of what the client allows if that is less.</summary>
    public static long Of(ModelCall call, long usualOutput) => CallOperations.IsOfStored(call.Envelope.Operation)
        ? 0
        : InputOf(call) + Math.Min(call.Envelope.MaxOutputTokens ?? usualOutput, usualOutput);

    private static long InputOf(ModelCall call)
    {
        if (call.Body.Wire is { } wire)
            return wire.Memory.Length / CharactersEach;
        if (call.Body.Streamed is not null || call.Body.GetCanonical() is not CanonicalChatRequest chat)
            return Unknown;
        var characters = 0L;
        foreach (var message in chat.Messages)
        {
            foreach (var content in message.Contents)
                characters += (content as TextContent)?.Text.Length ?? 0;
        }

        return Math.Max(1, characters / CharactersEach);
    }
}
