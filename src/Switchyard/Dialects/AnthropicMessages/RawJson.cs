using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Switchyard.Dialects.Json;

namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>Writes JSON exactly as it was read: a signed block must go back byte for byte, and tool arguments must not change.</summary>
internal static class RawJson
{
    /// <summary>Writes the value in its original bytes.</summary>
    public static void Write(Utf8JsonWriter writer, JsonElement value) =>
        writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);

    /// <summary>The value's original text.</summary>
    public static string Text(JsonElement value) => Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8Value(value));

    /// <summary>The text as a JSON object; null if it is not one.</summary>
    public static JsonElement? AsObject(string text) =>
        WireJson.TryParse(Encoding.UTF8.GetBytes(text), out var parsed, out _) && parsed.ValueKind == JsonValueKind.Object ? parsed : null;
}
