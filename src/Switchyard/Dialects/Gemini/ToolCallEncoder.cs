using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Dialects.Gemini;

/// <summary>Writes <c>functionCall</c>, into a history or an answer.</summary>
internal static class ToolCallEncoder
{
    /// <summary>Writes the member.</summary>
    /// <param name="writer">The writer, inside the part.</param>
    /// <param name="call">The call.</param>
    /// <param name="id">Its id; null leaves it out.</param>
    /// <returns>False if the arguments are not a JSON object and had to be wrapped in one.</returns>
    public static bool Write(Utf8JsonWriter writer, FunctionCallContent call, string? id)
    {
        writer.WriteStartObject("functionCall"u8);
        if (id is not null)
            writer.WriteString("id"u8, id);
        writer.WriteString("name"u8, call.Name);
        writer.WritePropertyName("args"u8);
        var whole = WriteArguments(writer, call);
        writer.WriteEndObject();
        return whole;
    }

    /// <summary>Writes the arguments as an object, byte for byte.</summary>
    private static bool WriteArguments(Utf8JsonWriter writer, FunctionCallContent call)
    {
        if (call.AdditionalProperties?.ContainsKey(CanonicalKeys.CustomToolCall) == true)
        {
            writer.WriteValue(call.Arguments ?? new Dictionary<string, object?>());
            return true;
        }

        var text = ToolArguments.ToText(call);
        if (!WireJson.TryParse(Encoding.UTF8.GetBytes(text), out var root, out _) || root.ValueKind != JsonValueKind.Object)
        {
            writer.WriteStartObject();
            writer.WriteString("_raw"u8, text);
            writer.WriteEndObject();
            return false;
        }

        // A line break would end the event that holds the call.
        if (text.AsSpan().ContainsAny('\r', '\n'))
            root.WriteTo(writer);
        else
            writer.WriteRawValue(text, skipInputValidation: true);
        return true;
    }
}
