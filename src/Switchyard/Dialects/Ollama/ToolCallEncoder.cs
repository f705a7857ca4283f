using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;

namespace Switchyard.Dialects.Ollama;

/// <summary>Writes a tool call of the history. Its arguments are an object here, where the canonical form has their text.</summary>
internal static class ToolCallEncoder
{
    public static void Write(Utf8JsonWriter writer, FunctionCallContent call, string path, LossReport losses)
    {
        writer.WriteStartObject();
        if (call.CallId.Length > 0)
            writer.WriteString("id"u8, call.CallId);
        writer.WriteStartObject("function"u8);
        writer.WriteString("name"u8, call.Name);
        writer.WritePropertyName("arguments"u8);
        WriteArguments(writer, call, path, losses);
        writer.WriteEndObject();
        writer.WriteEndObject();
        OwnFields.ReportPlain(call.AdditionalProperties, PlainOptions.SaysNothing, losses, path);
        OwnFields.ReportForeign(call.AdditionalProperties, DialectId.Ollama, losses, path);
    }

    private static void WriteArguments(Utf8JsonWriter writer, FunctionCallContent call, string path, LossReport losses)
    {
        var text = ToolArguments.ToText(call);
        var bytes = Encoding.UTF8.GetBytes(text);
        if (call.AdditionalProperties?.ContainsKey(CanonicalKeys.CustomToolCall) == true)
        {
            WriteWrapped(writer, "input", text);
        }
        else if (WireJson.TryParse(bytes, out var root, out _) && root.ValueKind == JsonValueKind.Object)
        {
            // As they were written: parsed and written again, escapes and numbers would change.
            writer.WriteRawValue(bytes, skipInputValidation: true);
        }
        else
        {
            WriteWrapped(writer, "_raw", text);
            losses.Drop(path + ".function.arguments");
        }
    }

    private static void WriteWrapped(Utf8JsonWriter writer, string name, string text)
    {
        writer.WriteStartObject();
        writer.WriteString(name, text);
        writer.WriteEndObject();
    }
}
