using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;

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
        writer.WriteRawValue(ObjectArguments.Of(call, path, losses), skipInputValidation: true);
        writer.WriteEndObject();
        writer.WriteEndObject();
        KeptFields.ReportUnprefixed(call.AdditionalProperties, UnsupportedOptions.SaysNothing, losses, path);
        KeptFields.ReportForeign(call.AdditionalProperties, DialectId.Ollama, losses, path);
    }
}
