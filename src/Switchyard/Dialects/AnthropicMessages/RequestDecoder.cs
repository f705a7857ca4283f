using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>Reads a request into the canonical form. A field whose value is null counts as absent.</summary>
internal static class RequestDecoder
{
    public static CanonicalChatRequest Decode(CallOperation operation, ReadOnlySpan<byte> body)
    {
        var root = WireJson.ParseRequest(body);
        var options = new ChatOptions();
        var kept = new AdditionalPropertiesDictionary();
        ChatMessage? system = null;
        List<ChatMessage>? messages = null;
        var stream = false;
        foreach (var field in root.EnumerateObject())
        {
            var value = field.Value;
            if (value.ValueKind == JsonValueKind.Null)
                continue;
            switch (field.Name)
            {
                case "messages":
                    messages = MessageDecoder.DecodeAll(value);
                    break;
                case "system":
                    system = MessageDecoder.System(value);
                    break;
                case "stream":
                    stream = FieldReader.Boolean(value, "stream") ?? false;
                    break;
                default:
                    OptionDecoder.Decode(field.Name, value, options, kept);
                    break;
            }
        }

        if (messages is null)
            throw RequestErrors.Missing("messages");
        if (system is not null)
            messages.Insert(0, system);
        if (kept.Count > 0)
            options.AdditionalProperties = kept;
        return new CanonicalChatRequest(messages, options, operation) { Stream = stream && operation != CallOperation.CountTokens };
    }
}
