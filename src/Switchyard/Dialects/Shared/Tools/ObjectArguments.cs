using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.Shared.Tools;

/// <summary>A tool call's arguments for the formats that refuse anything but a JSON object.</summary>
internal static class ObjectArguments
{
    /// <summary>
    /// The arguments' object as it was written, byte for byte: parsed and written again, escapes and numbers would change. Text that is not
    /// an object is wrapped in one and reported; a custom tool's free text becomes the member <c>input</c>.
    /// </summary>
    public static byte[] Of(FunctionCallContent call, string path, LossReport losses)
    {
        var text = ToolArguments.ToText(call);
        if (call.AdditionalProperties?.ContainsKey(CanonicalKeys.CustomToolCall) == true)
            return Wrapped("input", text);
        var bytes = Encoding.UTF8.GetBytes(text);
        if (WireJson.TryParse(bytes, out var root, out _) && root.ValueKind == JsonValueKind.Object)
            return bytes;
        losses.Drop(path + ".function.arguments");
        return Wrapped("_raw", text);
    }

    private static byte[] Wrapped(string name, string text)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output, WireJson.WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteString(name, text);
            writer.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }
}
