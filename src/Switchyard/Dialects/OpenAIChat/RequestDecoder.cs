using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>
/// Reads a chat or legacy completion request into the canonical form. A field whose value is null counts as absent where the field is
/// modelled; an unknown field is kept as it is, null included.
/// </summary>
internal static class RequestDecoder
{
    public static CanonicalChatRequest Decode(CallOperation operation, ReadOnlySpan<byte> body)
    {
        var root = WireJson.ParseRequest(body);
        var options = new ChatOptions();
        var kept = new AdditionalPropertiesDictionary();
        IReadOnlyList<ChatMessage>? messages = null;
        var stream = false;
        foreach (var field in root.EnumerateObject())
        {
            var value = field.Value;
            switch (field.Name)
            {
                case "messages" when operation == CallOperation.Chat:
                    messages = MessageDecoder.DecodeAll(value);
                    break;
                case "prompt" when operation == CallOperation.Completion:
                    messages = [new ChatMessage(ChatRole.User, CompletionPrompt.Read(value))];
                    break;
                case "stream":
                    stream = FieldReader.Boolean(value, "stream") ?? false;
                    break;
                default:
                    if (!OptionDecoder.TryDecode(field.Name, value, options, kept))
                        kept[field.Name] = value;
                    break;
            }
        }

        OptionDecoder.Settle(root, options, kept);
        if (kept.Count > 0)
            options.AdditionalProperties = kept;
        return new CanonicalChatRequest(
            messages ?? throw RequestErrors.Missing(operation == CallOperation.Chat ? "messages" : "prompt"), options, operation)
        {
            Stream = stream,
        };
    }
}
