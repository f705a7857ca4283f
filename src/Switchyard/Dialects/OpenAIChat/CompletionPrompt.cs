using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>The <c>prompt</c> of a legacy completion: in the canonical form, the text of one user message.</summary>
internal static class CompletionPrompt
{
    /// <summary>Reads a prompt that can be translated: one text. Several prompts, or token ids, can only be forwarded.</summary>
    public static string Read(JsonElement prompt)
    {
        if (prompt.ValueKind == JsonValueKind.Array && prompt.GetArrayLength() == 1 && prompt[0].ValueKind == JsonValueKind.String)
            prompt = prompt[0];
        return prompt.ValueKind switch
        {
            JsonValueKind.String => prompt.GetString()!,
            JsonValueKind.Array => throw RequestErrors.InvalidValue(
                "prompt",
                "Several prompts, or a prompt of token ids, can only be sent to a provider that speaks this format itself, and without a "
                    + "guard or another step that reads prompts."),
            _ => throw RequestErrors.WrongType("prompt", "a string", prompt.ValueKind),
        };
    }

    /// <summary>Writes the conversation as a prompt. It must be one message of text only.</summary>
    public static string Write(IReadOnlyList<ChatMessage> messages)
    {
        if (messages is [var only] && only.Contents.All(content => content is TextContent))
            return only.Text;
        throw new CallException(
            CallErrorKind.InvalidRequest, "A legacy completion takes one text prompt, not a conversation.", "messages");
    }
}
