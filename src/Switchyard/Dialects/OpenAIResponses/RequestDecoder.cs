using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;

namespace Switchyard.Dialects.OpenAIResponses;

/// <summary>
/// Reads a request into the canonical form. A field whose value is null counts as absent. A field that refers to state stored by a provider
/// of this format becomes a <see cref="ProviderStateField"/>, with which other formats refuse the request.
/// </summary>
internal static class RequestDecoder
{
    private const string WholeConversation =
        "The chosen model's provider keeps no stored responses, so '{0}' cannot be used. "
            + "Send the whole conversation in 'input', or choose a model of a provider that serves the Responses API.";

    private const string WholeItems =
        "The chosen model's provider keeps no stored responses, so '{0}' cannot be used. "
            + "Set store: false in the client, which then sends the items themselves, or responses.store: true in the gateway, "
            + "or choose a model of a provider that serves the Responses API.";

    private static readonly MemberTypes s_types = new MemberTypes()
        .Objects(
            "metadata", "prompt_cache_options", "tools[].cache_control", "input[].content[].cache_control",
            "input[].content[].input_audio", "input[].content[].annotations[]", "tool_choice.tools[]")
        .Arrays("input[].summary", "input[].content[].annotations", "tool_choice.tools")
        .Texts(
            "user", "safety_identifier", "service_tier", "prompt_cache_key", "prompt_cache_retention", "include[]", "conversation.id",
            "text.verbosity", "text.format.description", "tool_choice.type", "tool_choice.mode", "tool_choice.tools[].type",
            "tool_choice.tools[].name", "tools[].cache_control.type", "input[].content[].cache_control.type", "input[].encrypted_content",
            "input[].input", "input[].summary[].text", "input[].content[].image_url", "input[].content[].file_id",
            "input[].content[].file_data", "input[].content[].file_url", "input[].content[].filename",
            "input[].content[].input_audio.data", "input[].content[].input_audio.format", "input[].output[].image_url",
            "input[].output[].file_id", "input[].output[].file_data", "input[].output[].file_url", "input[].output[].filename")
        .Booleans("store", "text.format.strict", "tools[].strict");

    public static CanonicalChatRequest Decode(CallOperation operation, ReadOnlySpan<byte> body)
    {
        var root = WireJson.ParseRequest(body);
        s_types.Check(root);
        var options = new ChatOptions();
        var kept = new AdditionalPropertiesDictionary { [ItemKeys.Native] = true };
        IReadOnlyList<ChatMessage> messages = [];
        var stream = false;
        foreach (var field in root.EnumerateObject())
        {
            var value = field.Value;
            if (value.ValueKind == JsonValueKind.Null)
                continue;
            switch (field.Name)
            {
                case "input":
                    messages = DecodeInput(value, kept);
                    break;
                case "stream":
                    stream = FieldReader.Boolean(value, "stream") ?? false;
                    break;
                case "previous_response_id":
                    options.ConversationId = FieldReader.Text(value, field.Name);
                    Bind(kept, field.Name, value, WholeConversation);
                    break;
                case "conversation":
                    options.ConversationId ??= value.Text("id") ?? (value.ValueKind == JsonValueKind.String ? value.GetString() : null);
                    Bind(kept, field.Name, value, WholeConversation);
                    break;
                case "background":
                    if (FieldReader.Boolean(value, field.Name) != true)
                        break;
                    options.AllowBackgroundResponses = true;
                    Bind(
                        kept, field.Name, value,
                        "The chosen model's provider keeps no stored responses, so it cannot answer in the background. "
                            + "Leave '{0}' out and, for long answers, use 'stream'.");
                    break;
                case "prompt":
                    Bind(
                        kept, field.Name, value,
                        "The chosen model's provider keeps no stored prompts, so '{0}' cannot be used. "
                            + "Send its text in 'instructions' and 'input'.");
                    break;
                default:
                    OptionDecoder.Decode(field.Name, value, options, kept);
                    break;
            }
        }

        if (root.Member("input") is null && !kept.Any(entry => entry.Value is ProviderStateField))
            throw RequestErrors.Missing("input");
        options.AdditionalProperties = kept;
        return new CanonicalChatRequest(messages, options, operation) { Stream = stream };
    }

    private static IReadOnlyList<ChatMessage> DecodeInput(JsonElement input, AdditionalPropertiesDictionary kept)
    {
        var decoder = new ItemDecoder();
        var messages = decoder.DecodeAll(input);
        if (decoder.HasReference)
            Bind(kept, "input.item_reference", WireJson.True, WholeItems);
        return messages;
    }

    private static void Bind(AdditionalPropertiesDictionary kept, string name, JsonElement value, string refusal) =>
        kept[CanonicalKeys.Own(DialectId.OpenAIResponses, name)] =
            new ProviderStateField(value, refusal.Replace("{0}", name, StringComparison.Ordinal));
}
