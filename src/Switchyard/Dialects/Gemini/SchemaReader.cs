using System.Globalization;
using System.Text.Json;

namespace Switchyard.Dialects.Gemini;

/// <summary>
/// Converts the older schema notation, a subset of OpenAPI's, to JSON Schema: types in capitals, <c>nullable</c>, numbers that may be
/// strings, also those of an <c>enum</c>, which has only strings there, <c>ref</c> and <c>defs</c>.
/// </summary>
internal static class SchemaReader
{
    public static JsonElement Read(JsonElement schema) => ProtoJson.Build(writer => Write(writer, schema));

    private static void Write(Utf8JsonWriter writer, JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            schema.WriteTo(writer);
            return;
        }

        var nullable = schema.Field("nullable") is { ValueKind: JsonValueKind.True };
        var owner = new Owner(TypeOf(schema.Field("type")), nullable, nullable && schema.Field("type") is null);
        writer.WriteStartObject();
        foreach (var member in schema.EnumerateObject())
            WriteMember(writer, ProtoJson.Camel(member.Name), member.Value, owner);
        writer.WriteEndObject();
    }

    private static string? TypeOf(JsonElement? type) =>
        ProtoJson.Word(type, "string", "number", "integer", "boolean", "array", "object", "null")?.ToLowerInvariant();

    private static void WriteMember(Utf8JsonWriter writer, string name, JsonElement value, Owner owner)
    {
        switch (name)
        {
            case "nullable" or "propertyOrdering":
                break;
            case "type" when value.ValueKind is JsonValueKind.String or JsonValueKind.Number:
                if (owner.Type is { } type)
                    WriteType(writer, type, owner.IsNullable);
                break;
            case "properties" or "defs" when value.ValueKind == JsonValueKind.Object:
                writer.WriteStartObject(name == "defs" ? "$defs" : name);
                foreach (var property in value.EnumerateObject())
                {
                    writer.WritePropertyName(property.Name);
                    Write(writer, property.Value);
                }

                writer.WriteEndObject();
                break;
            case "items" or "additionalProperties":
                writer.WritePropertyName(name);
                Write(writer, value);
                break;
            case "ref" when value.ValueKind == JsonValueKind.String:
                writer.WriteString("$ref"u8, value.GetString()!.Replace("#/defs/", "#/$defs/", StringComparison.Ordinal));
                break;
            case "anyOf" when value.ValueKind == JsonValueKind.Array:
                WriteUnion(writer, name, value, owner.IsNullableUnion);
                break;
            case "enum" when value.ValueKind == JsonValueKind.Array:
                writer.WriteStartArray(name);
                foreach (var option in value.EnumerateArray())
                    WriteValue(writer, option, owner.Type);
                if (owner.IsNullable)
                    writer.WriteNullValue();
                writer.WriteEndArray();
                break;
            case "format" when value.ValueKind == JsonValueKind.String && value.ValueEquals("enum"u8):
                // Vertex AI's mark of a type with an enum.
                break;
            case "minimum" or "maximum":
                writer.WritePropertyName(name);
                WriteValue(writer, value, "number");
                break;
            case "example":
                writer.WriteStartArray("examples"u8);
                value.WriteTo(writer);
                writer.WriteEndArray();
                break;
            case "minItems" or "maxItems" or "minLength" or "maxLength" or "minProperties" or "maxProperties"
                when ProtoJson.Whole(value) is { } count:
                writer.WriteNumber(name, count);
                break;
            default:
                writer.WritePropertyName(name);
                value.WriteTo(writer);
                break;
        }
    }

    /// <summary>Writes a value that may be a string, as what its type says it is.</summary>
    private static void WriteValue(Utf8JsonWriter writer, JsonElement value, string? type)
    {
        var text = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        if (type is "integer" or "number"
            && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
        {
            writer.WriteNumberValue(number);
        }
        else if (type == "boolean" && bool.TryParse(text, out var flag))
        {
            writer.WriteBooleanValue(flag);
        }
        else
        {
            value.WriteTo(writer);
        }
    }

    private static void WriteUnion(Utf8JsonWriter writer, string name, JsonElement options, bool nullable)
    {
        writer.WriteStartArray(name);
        foreach (var option in options.EnumerateArray())
            Write(writer, option);
        if (nullable)
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "null"u8);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteType(Utf8JsonWriter writer, string type, bool nullable)
    {
        if (type == "type_unspecified")
            return;
        if (!nullable)
        {
            writer.WriteString("type"u8, type);
            return;
        }

        writer.WriteStartArray("type"u8);
        writer.WriteStringValue(type);
        writer.WriteStringValue("null"u8);
        writer.WriteEndArray();
    }

    /// <summary>What the members of a schema depend on. Without a type, null becomes one more alternative of the union.</summary>
    private readonly record struct Owner(string? Type, bool IsNullable, bool IsNullableUnion);
}
