using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.OpenAIChat;

/// <summary>Writes whole tool calls, into a history or an answer.</summary>
internal static class ToolCallEncoder
{
    /// <summary>Writes <c>tool_calls</c> or, for a call of the old kind, <c>function_call</c>; nothing when there are none.</summary>
    /// <param name="writer">The writer, inside the message.</param>
    /// <param name="calls">The calls.</param>
    /// <param name="ids">Fits their ids to the target; null writes them as they are.</param>
    /// <param name="bare">
    /// For a target that takes only <c>tool_calls</c> without further members: takes the names of the members left out. Null for any other
    /// target.
    /// </param>
    public static void WriteAll(Utf8JsonWriter writer, List<AIContent> calls, ToolCallIds? ids = null, LossReport? bare = null)
    {
        if (calls.Count == 0)
            return;
        if (bare is null && calls is [FunctionCallContent only] && IsLegacy(only))
        {
            writer.WriteStartObject("function_call"u8);
            WriteNameAndArguments(writer, only);
            writer.WriteEndObject();
            return;
        }

        writer.WriteStartArray("tool_calls"u8);
        foreach (var call in calls)
        {
            if (call is FunctionCallContent function)
                Write(writer, function, ids, bare);
            else
                ContentEncoder.RawOf(call)!.Value.WriteTo(writer);
        }

        writer.WriteEndArray();
    }

    public static bool IsLegacy(FunctionCallContent call) =>
        call.AdditionalProperties?.ContainsKey(CanonicalKeys.LegacyFunctionCall) == true;

    public static bool IsCustom(FunctionCallContent call) => call.AdditionalProperties?.ContainsKey(CanonicalKeys.CustomToolCall) == true;

    private static void Write(Utf8JsonWriter writer, FunctionCallContent call, ToolCallIds? ids, LossReport? bare)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, ids is null ? call.CallId : ids.Fit(call.CallId));
        if (IsCustom(call))
        {
            writer.WriteString("type"u8, "custom"u8);
            writer.WriteStartObject("custom"u8);
            writer.WriteString("name"u8, call.Name);
            writer.WriteString("input"u8, call.AdditionalProperties![CanonicalKeys.RawArguments] as string ?? "");
        }
        else
        {
            writer.WriteString("type"u8, "function"u8);
            writer.WriteStartObject("function"u8);
            WriteNameAndArguments(writer, call);
        }

        writer.WriteEndObject();
        foreach (var (name, value) in Others(call))
        {
            if (bare is not null)
            {
                bare.Drop("messages[].tool_calls[]." + name);
                continue;
            }

            writer.WritePropertyName(name);
            value.WriteTo(writer);
        }

        writer.WriteEndObject();
    }

    /// <summary>The members kept from the wire, such as <c>extra_content</c>.</summary>
    public static IEnumerable<KeyValuePair<string, JsonElement>> Others(AIContent call)
    {
        foreach (var (name, value) in call.AdditionalProperties ?? [])
        {
            if (value is JsonElement element && !KeptFields.IsPrefixed(name))
                yield return new(name, element);
        }
    }

    private static void WriteNameAndArguments(Utf8JsonWriter writer, FunctionCallContent call)
    {
        writer.WriteString("name"u8, call.Name);
        writer.WriteString("arguments"u8, ToolArguments.ToText(call));
    }
}
