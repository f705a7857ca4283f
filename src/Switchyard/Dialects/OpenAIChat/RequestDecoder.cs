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
    private static readonly MemberTypes s_types = new MemberTypes()
        .Objects(
            "metadata", "logit_bias", "stream_options", "prediction", "audio", "web_search_options", "messages[].audio",
            "messages[].function_call", "messages[].cache_control", "messages[].content[].cache_control", "tools[].cache_control",
            "tools[].function.cache_control", "response_format.json_schema.schema", "tool_choice.allowed_tools",
            "tool_choice.allowed_tools.tools[]", "tool_choice.allowed_tools.tools[].function")
        .Arrays("tool_choice.allowed_tools.tools")
        .Texts(
            "user", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "verbosity", "messages[].reasoning_content",
            "messages[].reasoning", "messages[].refusal", "messages[].tool_calls[].id", "messages[].tool_calls[].custom.input",
            "messages[].content[].image_url.detail", "messages[].content[].input_audio.format", "messages[].content[].file.file_id",
            "messages[].content[].file.file_data", "messages[].content[].file.filename", "response_format.json_schema.description",
            "tool_choice.type", "tool_choice.allowed_tools.mode", "tool_choice.allowed_tools.tools[].type",
            "tool_choice.allowed_tools.tools[].function.name", "messages[].tool_calls[].type", "messages[].cache_control.type",
            "messages[].content[].cache_control.type", "tools[].cache_control.type", "tools[].function.cache_control.type")
        .Numbers("top_logprobs", "top_k")
        // "logprobs" is not among them: some servers take the number of alternatives there, and other formats report it.
        .Booleans("store", "stream_options.include_usage", "tools[].function.strict", "response_format.json_schema.strict");

    public static CanonicalChatRequest Decode(CallOperation operation, ReadOnlySpan<byte> body)
    {
        var root = WireJson.ParseRequest(body);
        // Completions have fields of the same names and other types: their "logprobs" is a number.
        if (operation != CallOperation.Completion)
            s_types.Check(root);
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
