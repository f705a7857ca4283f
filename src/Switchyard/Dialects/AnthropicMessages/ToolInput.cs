using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>Writes a call's arguments as an object, which this format requires.</summary>
internal static class ToolInput
{
    /// <summary>The member that wraps arguments which are not a JSON object: cut off by a token limit, for example.</summary>
    public const string RawMember = "_raw";

    /// <summary>Writes the value.</summary>
    /// <returns>False if the arguments were not an object and had to be wrapped in one.</returns>
    public static bool Write(Utf8JsonWriter writer, FunctionCallContent call)
    {
        var isCustom = call.AdditionalProperties?.ContainsKey(CanonicalKeys.CustomToolCall) == true;
        if (!isCustom && call.AdditionalProperties.Text(CanonicalKeys.RawArguments) is not null)
            return Write(writer, ToolArguments.ToText(call));
        if (call.Arguments is null)
        {
            writer.WriteStartObject();
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteStartObject();
            foreach (var (name, value) in call.Arguments)
            {
                writer.WritePropertyName(name);
                writer.WriteValue(value);
            }

            writer.WriteEndObject();
        }

        return true;
    }

    /// <summary>Writes arguments that are text.</summary>
    /// <returns>False if they were not an object and had to be wrapped in one.</returns>
    public static bool Write(Utf8JsonWriter writer, string raw)
    {
        if (string.IsNullOrWhiteSpace(raw))
        {
            writer.WriteStartObject();
            writer.WriteEndObject();
            return true;
        }

        if (RawJson.AsObject(raw) is { } arguments)
        {
            RawJson.Write(writer, arguments);
            return true;
        }

        writer.WriteStartObject();
        writer.WriteString(RawMember, raw);
        writer.WriteEndObject();
        return false;
    }
}
