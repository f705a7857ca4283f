using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Shared.Fields;

/// <summary>The values at which a request field asks for the target's default behaviour, so that leaving it out loses nothing.</summary>
internal static class FieldDefaults
{
    /// <summary>Whether the value is the default of the field. Clients often send <c>"n":1</c>.</summary>
    /// <param name="name">The field's name in OpenAI chat.</param>
    /// <param name="value">Its value, typed or as it was sent.</param>
    public static bool IsDefault(string name, object? value) => (name, value) switch
    {
        (_, null) => true,
        (_, JsonElement { ValueKind: JsonValueKind.Null or JsonValueKind.Array or JsonValueKind.Object } some) when IsEmpty(some) => true,
        ("n", JsonElement { ValueKind: JsonValueKind.Number } count) => WireJson.WholeNumber(count) is 1,
        ("encoding_format", JsonElement { ValueKind: JsonValueKind.String } format) => format.ValueEquals("float"u8),
        ("logprobs" or "store", JsonElement { ValueKind: JsonValueKind.False }) => true,
        ("frequency_penalty" or "presence_penalty", 0f) => true,
        ("frequency_penalty" or "presence_penalty", JsonElement { ValueKind: JsonValueKind.Number } none) => none.GetDouble() == 0,
        ("temperature" or "top_p", 1f) => true,
        ("temperature" or "top_p", JsonElement { ValueKind: JsonValueKind.Number } one) => one.GetDouble() == 1,
        ("top_logprobs", JsonElement { ValueKind: JsonValueKind.Number } most) => WireJson.WholeNumber(most) is 0,
        ("verbosity", JsonElement { ValueKind: JsonValueKind.String } words) => words.ValueEquals("medium"u8),
        ("modalities", JsonElement { ValueKind: JsonValueKind.Array } forms) =>
            forms.EnumerateArray().All(form => form.ValueKind == JsonValueKind.String && form.ValueEquals("text"u8)),
        ("parallel_tool_calls", true or JsonElement { ValueKind: JsonValueKind.True }) => true,
        ("tool_choice", AutoChatToolMode) => true,
        ("tool_choice", JsonElement { ValueKind: JsonValueKind.String } choice) => choice.ValueEquals("auto"u8),
        ("service_tier", JsonElement { ValueKind: JsonValueKind.String } tier) => tier.ValueEquals("auto"u8),
        _ => false,
    };

    /// <summary>Whether a field of another format, at any place of a request, asks for nothing or for the default behaviour.</summary>
    /// <param name="name">The field's name in its format.</param>
    /// <param name="value">Its value.</param>
    public static bool IsForeignDefault(string name, JsonElement value) => IsEmpty(value) || (name, value.ValueKind) switch
    {
        ("truncation", JsonValueKind.String) => value.ValueEquals("disabled"u8),
        ("speed", JsonValueKind.String) => value.ValueEquals("standard"u8),
        // What a provider of another format signs or encrypts is carried where the client keeps it.
        ("include", JsonValueKind.Array) => value.EnumerateArray().All(
            static item => item.ValueKind == JsonValueKind.String && item.ValueEquals("reasoning.encrypted_content"u8)),
        // Of a tool and of its calls: the model itself calls it, as all models of other formats do.
        ("caller", JsonValueKind.Object) => value.Text("type") == "direct",
        ("allowed_callers", JsonValueKind.Array) =>
            value.EnumerateArray().All(static caller => caller.ValueKind == JsonValueKind.String && caller.ValueEquals("direct"u8)),
        ("defer_loading" or "eager_input_streaming" or "willContinue", JsonValueKind.False) => true,
        ("citations", JsonValueKind.Object) => value.Member("enabled") is { ValueKind: JsonValueKind.False },
        ("background" or "generationConfig.enableEnhancedCivicAnswers" or "generationConfig.audioTimestamp", JsonValueKind.False) => true,
        (_, JsonValueKind.String) => value.GetString()!.EndsWith("_UNSPECIFIED", StringComparison.Ordinal),
        _ => false,
    };

    /// <summary>Whether the value is null, or a list, an object or a text with nothing in it.</summary>
    public static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => value.GetPropertyCount() == 0,
        JsonValueKind.String => value.ValueEquals(""u8),
        _ => false,
    };
}
