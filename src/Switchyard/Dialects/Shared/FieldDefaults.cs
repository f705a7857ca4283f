using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Shared;

/// <summary>The values at which a request field asks for what the target does anyway, so that leaving it out loses nothing.</summary>
internal static class FieldDefaults
{
    /// <summary>Whether the value is the default of the field. Clients often send <c>"n":1</c>.</summary>
    /// <param name="name">The field's name in OpenAI chat.</param>
    /// <param name="value">Its value, typed or as it was sent.</param>
    public static bool IsDefault(string name, object? value) => (name, value) switch
    {
        (_, null or JsonElement { ValueKind: JsonValueKind.Null }) => true,
        ("n", JsonElement { ValueKind: JsonValueKind.Number } count) => WireJson.WholeNumber(count) is 1,
        ("logprobs" or "store", JsonElement { ValueKind: JsonValueKind.False }) => true,
        ("frequency_penalty" or "presence_penalty", 0f) => true,
        ("frequency_penalty" or "presence_penalty", JsonElement { ValueKind: JsonValueKind.Number } none) => none.GetDouble() == 0,
        ("temperature" or "top_p", 1f) => true,
        ("temperature" or "top_p", JsonElement { ValueKind: JsonValueKind.Number } one) => one.GetDouble() == 1,
        ("logit_bias", JsonElement { ValueKind: JsonValueKind.Object } bias) => !bias.EnumerateObject().Any(),
        ("stop", JsonElement { ValueKind: JsonValueKind.Array } stops) => stops.GetArrayLength() == 0,
        ("parallel_tool_calls", true or JsonElement { ValueKind: JsonValueKind.True }) => true,
        ("tool_choice", AutoChatToolMode) => true,
        ("tool_choice", JsonElement { ValueKind: JsonValueKind.String } choice) => choice.ValueEquals("auto"u8),
        ("service_tier", JsonElement { ValueKind: JsonValueKind.String } tier) => tier.ValueEquals("auto"u8),
        _ => false,
    };
}
