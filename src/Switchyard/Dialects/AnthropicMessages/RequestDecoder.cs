using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>Reads a request into the canonical form. A field whose value is null counts as absent.</summary>
internal static class RequestDecoder
{
    private static readonly MemberTypes s_types = new MemberTypes()
        .Objects(
            "cache_control", "system[].cache_control", "messages[].content[].cache_control", "messages[].content[].content[].cache_control",
            "messages[].content[].content[]", "tools[].cache_control")
        .Texts(
            "output_config.format.name", "messages[].content[].title", "messages[].content[].signature",
            "messages[].content[].source.type", "messages[].content[].source.media_type", "messages[].content[].source.data",
            "messages[].content[].source.url", "messages[].content[].source.file_id", "messages[].content[].content[].type",
            "messages[].content[].content[].text", "messages[].content[].content[].source.type",
            "messages[].content[].content[].source.media_type", "messages[].content[].content[].source.data",
            "messages[].content[].content[].source.url", "cache_control.type", "system[].cache_control.type",
            "messages[].content[].cache_control.type", "messages[].content[].content[].cache_control.type", "tools[].cache_control.type")
        .Booleans("messages[].content[].is_error", "tools[].strict");

    public static CanonicalChatRequest Decode(CallOperation operation, ReadOnlySpan<byte> body)
    {
        var root = WireJson.ParseRequest(body);
        s_types.Check(root);
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
